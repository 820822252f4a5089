using Courier.Testing.Processes;

namespace Courier.EndToEnd.Peers;

public sealed class PostfixPair() : PeerPair("postfix");

public sealed class EximPair() : PeerPair("exim");

public sealed class OpenSmtpdPair() : PeerPair("opensmtpd");

public sealed class CourierPair() : PeerPair("courier");

public sealed class EximTests(EximPair pair) : PeerExchange(pair), IClassFixture<EximPair>
{
    internal override bool UsesChunks => true;

    internal override string LoginInLog => "A=plain:relay@exim.test";
}

public sealed class OpenSmtpdTests(OpenSmtpdPair pair) : PeerExchange(pair), IClassFixture<OpenSmtpdPair>
{
    internal override string LoginInLog => "smtp authentication user=relay@opensmtpd.test result=ok";

    internal override bool TakesUtf8Addresses => false;

    internal override bool WritesStandardReports => false;
}

public sealed class CourierTests(CourierPair pair) : PeerExchange(pair), IClassFixture<CourierPair>
{
    internal override string LoginInLog => " auth=relay@courier.test:";

    internal override bool LogsSizeOfSent => false;
}

// One jail of Postfix, one class after the other.
[Collection("postfix")]
public sealed class PostfixTests(PostfixPair pair) : PeerExchange(pair), IClassFixture<PostfixPair>
{
    internal override string LoginInLog => "sasl_username=relay@postfix.test";

    /// <summary>Postfix as a server without extensions: STARTTLS, 8BITMIME, SMTPUTF8, DSN, CHUNKING are not offered.</summary>
    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task To_a_server_without_extensions_8_bits_go_as_7_and_a_success_is_reported_as_relayed()
    {
        var token = Token();
        await FromUsAsync("<demo@example.test> BODY=8BITMIME", "<demo@old.test> NOTIFY=SUCCESS",
            Letter(token, "Zwölf\r\n.Boxkämpfer", "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"));
        var text = await Mailbag.TextAsync(Pair.Peer.Maildirs, token);
        Assert.Contains("Content-Transfer-Encoding: quoted-printable\n", text, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("\n\nZw=C3=B6lf\n=2EBoxk=C3=A4mpfer\n", text, StringComparison.Ordinal);
        Assert.Contains("(Postfix) with ESMTP id", text, StringComparison.Ordinal);
        var report = await Mailbag.ReportAsync(Pair.OurMail, token, "multipart/report");
        Assert.Contains("message.Reporting-MTA: dns; mail.example.test\n", report, StringComparison.Ordinal);
        Assert.Contains("recipient.Action: relayed\n", report, StringComparison.Ordinal);
        Assert.Contains("recipient.Final-Recipient: rfc822; demo@old.test\n", report, StringComparison.Ordinal);
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task To_a_server_without_extensions_mail_that_needs_SMTPUTF8_is_returned()
    {
        var token = Token();
        await FromUsAsync("<demo@example.test> SMTPUTF8 BODY=8BITMIME", "<jürgen@old.test>", Letter(token, "hallo"));
        var report = await Mailbag.ReportAsync(Pair.OurMail, token, "global-delivery-status");
        Assert.Contains("status.type: message/global-delivery-status\n", report, StringComparison.Ordinal);
        Assert.Contains("recipient.Final-Recipient: utf-8; jürgen@old.test\n", report, StringComparison.Ordinal);
        Assert.Contains("recipient.Status: 5.6.7\n", report, StringComparison.Ordinal);
    }
}
