using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

/// <summary>RFC 2033.</summary>
public sealed class LmtpTests
{
    private static readonly SmtpServerSettings _lmtp = new("mail.example.test", SmtpRole.Lmtp) { Limits = new SmtpLimits { MessageBytes = 1000 } };

    [Theory]
    [InlineData("EHLO x", "500")]
    [InlineData("HELO x", "500")]
    [InlineData("LHLO x", "250")]
    public async Task Only_LHLO_greets(string line, string code)
    {
        await using var server = new SmtpTestServer(_lmtp);
        await using var talk = await server.TalkAsync();
        Assert.StartsWith(code, await talk.SayAsync(line), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", 10, "250 250 250 221")]
    [InlineData("a", 5000, "552 552 552 221")]
    [InlineData("data-disk", 10, "451 451 451 221")]
    [InlineData("data-unknown", 10, "550 550 550 221")]
    public async Task Each_recipient_that_was_taken_gets_an_answer_after_the_message(string sender, int size, string codes)
    {
        await using var server = new SmtpTestServer(_lmtp);
        await using var talk = await server.GreetAsync("LHLO x");
        await talk.SendAsync($"MAIL FROM:<{sender}@example.org>\r\nRCPT TO:<b@example.test>\r\nRCPT TO:<unknown@example.test>\r\n"
            + "RCPT TO:<c@example.test>\r\nRCPT TO:<d@example.test>\r\nDATA\r\n");
        Assert.Equal("250 250 550 250 250 354", await talk.CodesAsync(6));
        await talk.SendAsync(new string('x', size) + "\r\n.\r\nQUIT\r\n");
        Assert.Equal(codes, await talk.CodesAsync(4));
    }

    [Fact]
    public async Task Data_without_a_recipient_gets_503()
    {
        await using var server = new SmtpTestServer(_lmtp);
        await using var talk = await server.GreetAsync("LHLO x");
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<unknown@example.test>\r\nDATA\r\nNOOP\r\n");
        Assert.Equal("250 550 503 250", await talk.CodesAsync(4));
    }
}
