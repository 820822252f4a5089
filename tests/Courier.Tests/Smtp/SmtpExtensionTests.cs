using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

/// <summary>Each extension that a listener can leave out: its word in EHLO, and what is said to those who use it all the same.</summary>
public sealed class SmtpExtensionTests
{
    public static TheoryData<string, string, string> Uses => new()
    {
        { "DSN", "MAIL FROM:<a@example.org> RET=FULL", "555" },
        { "DSN", "MAIL FROM:<a@example.org> ENVID=x", "555" },
        { "CHUNKING", "MAIL FROM:<a@example.org> BODY=BINARYMIME", "555" },
        { "SMTPUTF8", "MAIL FROM:<a@example.org> SMTPUTF8", "555" },
        { "XSECURITY", "MAIL FROM:<a@example.org> SECURITY=STARTTLS", "555" },
        { "XVERP", "MAIL FROM:<a@example.org> VERP", "555" },
        { "XEXDATA", "MAIL FROM:<a@example.org> EXDATA", "555" },
        { "DELIVERBY", "MAIL FROM:<a@example.org> BY=-10;NT", "555" },
        { "MT-PRIORITY", "MAIL FROM:<a@example.org> MT-PRIORITY=-9", "555" },
        { "FUTURERELEASE", "MAIL FROM:<a@example.org> HOLDFOR=10", "555" },
        { "FUTURERELEASE", "MAIL FROM:<a@example.org> HOLDUNTIL=2001-01-01T00:00:00+01:00", "555" },
        { "ETRN", "ETRN example.org", "502" },
        { "BINARYMIME", "MAIL FROM:<a@example.org> BODY=BINARYMIME", "555" },
    };

    [Theory]
    [MemberData(nameof(Uses))]
    public async Task What_is_withheld_is_neither_offered_nor_taken(string word, string command, string refusal)
    {
        var offered = SmtpServerSettings.OfferedBy(SmtpRole.Relay) | SmtpExtensionWords.All[word];
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Offered = offered });
        await using var talk = await server.TalkAsync();
        Assert.Contains(word, Words(await talk.SayAsync("EHLO client.example")));
        Assert.StartsWith("250", await talk.SayAsync(command), StringComparison.Ordinal);

        await using var without = new SmtpTestServer(SmtpTestServer.Relay with { Offered = offered & ~SmtpExtensionWords.All[word] });
        await using var other = await without.TalkAsync();
        Assert.DoesNotContain(word, Words(await other.SayAsync("EHLO client.example")));
        Assert.StartsWith(refusal, await other.SayAsync(command), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_extension_has_a_word_and_a_use_here() =>
        Assert.Equal(
            SmtpExtensionWords.All.Keys.Order(StringComparer.Ordinal),
            Uses.Select(use => (string)((object[])use)[0]).Concat(["CHUNKING", "LIMITS", "REQUIRETLS"]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    [Fact]
    public async Task A_chunk_where_none_are_taken_is_passed_over()
    {
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Offered = SmtpExtensions.None });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
        Assert.Equal("250 250 502 250", await talk.CodesAsync(4));
        Assert.Empty(server.Reception.Messages);
    }

    private static IEnumerable<string> Words(string reply) => reply.Split("\r\n").Skip(1).Select(line => line[4..].Split(' ', '=')[0]);
}
