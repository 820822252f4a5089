using System.Text.RegularExpressions;
using Courier.Mta.Reception;
using Courier.Mta.Reception.Headers;
using Microsoft.Extensions.Logging.Abstractions;
using static Courier.Tests.Mta.Reception.ReceptionBench;

namespace Courier.Tests.Mta.Reception;

public sealed class SubmissionReceptionTests : IDisposable
{
    private readonly ReceptionBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Without_a_login_nothing_is_taken()
    {
        var reply = await Submission().BeginAsync(Begin(), CancellationToken.None);
        Assert.Equal((530, "5.7.0"), (reply.Code, reply.Status.ToString()));
        Assert.Equal(550, await RecipientAsync(Submission(), Begin(), "someone@example.net"));
    }

    [Theory]
    [InlineData("someone@example.net", 250)]
    [InlineData("bob@example.org", 250)]
    [InlineData("nobody@example.test", 550)]
    public async Task With_a_login_mail_goes_anywhere_but_to_nobody(string recipient, int code)
    {
        var transaction = Begin(PeerAt(user: "ada@example.test"));
        Assert.Equal(250, (await Submission().BeginAsync(transaction, CancellationToken.None)).Code);
        Assert.Equal(code, await RecipientAsync(Submission(), transaction, recipient));
    }

    [Theory]
    [InlineData("Subject: x\r\n\r\nDate: not a header\r\n", true, true)]
    [InlineData("date: Sat, 21 Nov 2026 00:00:00 +0000\r\n\r\n", false, true)]
    [InlineData("MESSAGE-ID:\r\n <a@b>\r\nSubject: x\r\n\r\n", true, false)]
    [InlineData("Subject: x\r\nMessage-Id: <a@b>\r\nDate: Sat, 21 Nov 2026 00:00:00 +0000\r\n\r\n", false, false)]
    [InlineData("Resent-Date: Sat, 21 Nov 2026 00:00:00 +0000\r\nResent-Message-ID: <a@b>\r\n\r\n", true, true)]
    public async Task What_the_program_left_out_is_added(string message, bool addsDate, bool addsMessageId)
    {
        var submission = Submission();
        var transaction = Begin(PeerAt(user: "ada@example.test"), sender: "ada@example.test");
        await RecipientAsync(submission, transaction, "someone@example.net");
        await AcceptAsync(submission, transaction, message);
        var (_, text, origin) = _bench.Queue.Messages.Single();
        var trace = text[..^message.Length];
        Assert.EndsWith(message, text, StringComparison.Ordinal);
        Assert.Equal(addsDate ? 1 : 0, Regex.Count(trace, "^Date: Sat, 21 Nov 2026 01:02:03 \\+0000\r$", RegexOptions.Multiline | RegexOptions.NonBacktracking));
        Assert.Equal(addsMessageId ? 1 : 0, Regex.Count(trace, "^Message-ID: <20261121010203\\.[0-9A-F]{20}@mx\\.example\\.test>\r$", RegexOptions.Multiline | RegexOptions.NonBacktracking));
        Assert.Contains(" with ESMTPA id ", trace, StringComparison.Ordinal);
        Assert.Equal("ada@example.test", origin);
    }

    [Theory]
    [InlineData(Whose.Nobody, "")]
    [InlineData(Whose.Submitted, "Message-ID: <20261121010203.X@ids.test>\r\nDate: Sat, 21 Nov 2026 01:02:03 +0000\r\n")]
    public async Task What_is_added_is_the_operators_choice(Whose whose, string expected)
    {
        _bench.Settings = _bench.Settings with { Headers = new HeaderSettings { AddsDate = whose, AddsMessageId = whose, MessageIdHost = "ids.test" } };
        var transaction = Begin(PeerAt(user: "ada@example.test"), sender: "ada@example.test");
        await RecipientAsync(Submission(), transaction, "someone@example.net");
        await AcceptAsync(Submission(), transaction, "Subject: x\r\n\r\n");
        var text = Regex.Replace(_bench.Queue.Messages.Single().Text, "[0-9A-F]{20}", "X", RegexOptions.NonBacktracking);
        Assert.EndsWith("+0000\r\n" + expected + "Subject: x\r\n\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_two_messages_get_the_same_Message_ID()
    {
        var submission = Submission();
        for (var i = 0; i < 2; i++)
        {
            var transaction = Begin(PeerAt(user: "ada@example.test"));
            await RecipientAsync(submission, transaction, "someone@example.net");
            await AcceptAsync(submission, transaction, "Subject: x\r\n\r\n");
        }

        var ids = _bench.Queue.Messages.Select(message => message.Text.Split("Message-ID: ")[1].Split('\r')[0]).ToList();
        Assert.Equal(2, ids.Distinct(StringComparer.Ordinal).Count());
    }

    private SubmissionReception Submission() =>
        new(_bench.Settings, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<SubmissionReception>.Instance);
}
