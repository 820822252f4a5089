using Courier.Smtp.Client;
using Courier.Smtp.Replies;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

/// <summary>One answer to end of data for each recipient in one reply: draft-varshavchik-exdata-smtpext.</summary>
public sealed class ExtendedDataReplyTests
{
    private static readonly SmtpReply _good = new(250, new(2, 1, 5), "Taken");
    private static readonly SmtpReply _bad = new(550, new(5, 7, 1), "Denied\nfor good");

    private static string Shown(SmtpReply reply) => $"{reply.Code} {reply.Status} {reply.Text.Replace('\n', '|')}";

    [Fact]
    public void What_is_written_is_read()
    {
        var reply = ExtendedDataReply.Of([_good, _bad]);
        Assert.Equal((558, "250 2.1.5 Taken\n550-5.7.1 Denied\n550 5.7.1 for good"), (reply.Code, reply.Text));
        Assert.Equal([Shown(_good), Shown(_bad)], ExtendedDataReply.Read(reply, 2)!.Select(Shown));
        Assert.Equal(_good, ExtendedDataReply.Of([_good, _good]));
        Assert.Equal(_bad, ExtendedDataReply.Of([_bad]));
    }

    [Theory]
    [InlineData("250 Message accepted\n550-Access denied:\n550 Insufficient permission", 2, "250  Message accepted;550  Access denied:|Insufficient permission")]
    [InlineData("550-Access denied\n550 Insufficient permission\n250-Message accepted\n250 Queue ID is 120", 2, "550  Access denied|Insufficient permission;250  Message accepted|Queue ID is 120")]
    [InlineData("550-ada@example.org:\n550 5.7.1 no", 1, "550 5.7.1 ada@example.org:|no")]
    [InlineData("250 taken\n550-cut off", 3, "250  taken;451 4.5.0 The server's list of answers ended too early;451 4.5.0 The server's list of answers ended too early")]
    [InlineData("go away", 2, null)]
    public void What_others_write_is_read_as_far_as_it_goes(string text, int count, string? expected) =>
        Assert.Equal(expected, ExtendedDataReply.Read(new SmtpReply(558, null, text), count) is { } answers ? string.Join(';', answers.Select(Shown)) : null);

    [Fact]
    public async Task A_client_that_asks_hears_of_each_recipient_and_another_one_answer()
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.GreetAsync();
        foreach (var line in new[] { "MAIL FROM:<data-each@example.org> EXDATA", "RCPT TO:<good@example.org>", "RCPT TO:<filtered@example.org>", "DATA" })
            await talk.SayAsync(line);
        Assert.Equal("558-250 2.0.0 Taken\r\n558 550 5.1.1 No such user\r\n", (await talk.SayAsync("Subject: x\r\n\r\n.")).ReplaceLineEndings("\r\n").TrimEnd() + "\r\n");
        Assert.Single(server.Reception.Messages);
        foreach (var line in new[] { "MAIL FROM:<data-each@example.org>", "RCPT TO:<good@example.org>", "RCPT TO:<filtered@example.org>", "DATA" })
            await talk.SayAsync(line);
        Assert.StartsWith("250 2.0.0 Taken", await talk.SayAsync("Subject: x\r\n\r\n."), StringComparison.Ordinal);
    }
}
