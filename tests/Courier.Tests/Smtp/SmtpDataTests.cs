using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

public sealed class SmtpDataTests
{
    // Each of these has been taken for an end of data by some server.
    public static TheoryData<string> FalseEnds =>
    [
        "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\n.\r", "\r.\n", "\r\n\0.\r\n", "\r\n.\0\r\n", "\r\n.\r\r\n",
        "\r\n. \r\n", "\r\n ..\r\n", "\n\n.\r\n", "\r\n.\n\r", "\v.\v", "\u0085.\u0085", "\r\n..\r\n",
    ];

    [Theory]
    [MemberData(nameof(FalseEnds))]
    public async Task A_false_end_of_data_smuggles_nothing(string end)
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n");
        Assert.Equal("250 250 354", await talk.CodesAsync(3));
        await talk.SendAsync($"first{end}MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nsecond\r\n.\r\nNOOP\r\n");
        Assert.Equal("250 250", await talk.CodesAsync(2));
        var message = Assert.Single(server.Reception.Messages);
        Assert.Equal("a@example.org", message.Sender);
        Assert.Contains("MAIL FROM:<evil", message.Text, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?<!\r)\n|\r(?!\n)", message.Text);
    }

    [Theory]
    [InlineData(1000 - 1, "250")]
    [InlineData(1000, "250")]
    [InlineData(1000 + 1, "552")]
    [InlineData(1_000_000, "552")]
    public async Task A_message_over_the_limit_is_read_to_its_end_and_refused(int size, string code)
    {
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Limits = new SmtpLimits { MessageBytes = 1000 } });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n");
        Assert.Equal("250 250 354", await talk.CodesAsync(3));
        await talk.SendAsync(new string('x', size - 2) + "\r\n.\r\nNOOP\r\n");
        Assert.Equal(code + " 250", await talk.CodesAsync(2));
        Assert.Equal(code == "250" ? size : -1, server.Reception.Messages.FirstOrDefault()?.Bytes.Length ?? -1);
    }

    [Theory]
    [InlineData(999, "250")]
    [InlineData(1000, "250")]
    [InlineData(1001, "552")]
    public async Task A_declared_size_over_the_limit_is_refused_at_once(int size, string code)
    {
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Limits = new SmtpLimits { MessageBytes = 1000 } });
        await using var talk = await server.GreetAsync();
        Assert.StartsWith(code, await talk.SayAsync($"MAIL FROM:<a@example.org> SIZE={size}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_message_arrives_octet_for_octet()
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.GreetAsync();
        var lines = string.Concat(Enumerable.Range(0, 20_000).Select(n => $"line {n} \0 ÿ\r\n..{n}\r\n"));
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n");
        await talk.CodesAsync(3);
        await talk.SendAsync(lines + ".\r\n");
        Assert.Equal("250", await talk.CodesAsync(1));
        Assert.Equal(lines.Replace("\r\n..", "\r\n.", StringComparison.Ordinal), Assert.Single(server.Reception.Messages).Text);
    }

    [Fact]
    public async Task A_message_that_finds_no_room_on_disk_is_read_to_its_end_and_put_off()
    {
        // A directory below a file cannot be made: what a full disk does, on every machine.
        var file = Path.GetTempFileName();
        await using var server = new SmtpTestServer(reception: new FakeReception { SpillDirectory = Path.Combine(file, "below") });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n" + new string('x', 200_000) + "\r\n.\r\nNOOP\r\n");
        Assert.Equal("250 250 354 451 250", await talk.CodesAsync(5));
        File.Delete(file);
    }

    [Fact]
    public async Task Keeping_that_takes_too_long_is_put_off()
    {
        var reception = new FakeReception { BeforeAccept = ct => Task.Delay(Timeout.Infinite, ct) };
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Limits = new SmtpLimits { AcceptTimeout = TimeSpan.FromMilliseconds(50) } }, reception);
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\r\nNOOP\r\n");
        Assert.Equal("250 250 354 451 250", await talk.CodesAsync(5));
    }
}
