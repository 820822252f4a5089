using Courier.Net;
using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

public sealed class SmtpLimitsTests
{
    [Theory]
    [InlineData(600 - 1, "250")]
    [InlineData(600, "250")]
    [InlineData(600 + 1, "500")]
    [InlineData(100_000, "500")]
    public async Task A_command_line_has_a_length(int length, string code)
    {
        foreach (var offersAuth in new[] { false, true })
        {
            await using var server = With(new SmtpLimits { CommandLineBytes = 600 }, offersAuth);
            await using var talk = await server.GreetAsync();
            Assert.StartsWith(code, await talk.SayAsync("NOOP " + new string('x', length - "NOOP \r\n".Length)), StringComparison.Ordinal);
            Assert.StartsWith("250", await talk.SayAsync("NOOP"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "500")]
    [InlineData("AUTH PLAIN\r\n", "334 500")]
    public async Task A_line_without_an_end_is_answered_and_ends_the_session(string before, string codes)
    {
        var limits = new SmtpLimits { EndlessLineBytes = 100_000 };
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Limits = limits, AuthOffered = true, CleartextLogins = CleartextLogins.Loopback });
        await using var talk = await server.GreetAsync();
        // One that has an end is answered alone.
        Assert.StartsWith("500", await talk.SayAsync(new string('x', 90_000)), StringComparison.Ordinal);
        await talk.SendAsync(before + new string('x', 100_000));
        Assert.Equal(codes + " end", await talk.CodesAsync(codes.Split(' ').Length + 1).WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Recipients_over_the_limit_are_put_off_and_the_others_get_the_message()
    {
        await using var server = With(new SmtpLimits { Recipients = 3 });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\n" + string.Concat(Enumerable.Range(1, 5).Select(n => $"RCPT TO:<r{n}@example.test>\r\n"))
            + "DATA\r\nx\r\n.\r\n");
        Assert.Equal("250 250 250 250 452 452 354 250", await talk.CodesAsync(8));
        Assert.Equal(3, Assert.Single(server.Reception.Messages).Recipients.Count);
    }

    [Fact]
    public async Task Refused_recipients_over_the_limit_end_the_session()
    {
        await using var server = With(new SmtpLimits { RefusedRecipients = 2 });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\n" + string.Concat(Enumerable.Repeat("RCPT TO:<unknown@example.test>\r\n", 4)));
        Assert.Equal("250 550 550 421 end", await talk.CodesAsync(5));
    }

    [Fact]
    public async Task Bad_commands_over_the_limit_end_the_session()
    {
        await using var server = With(new SmtpLimits { BadCommands = 3 });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("XYZZY\r\nRCPT TO:<a@example.org>\r\nMAIL\r\n\r\nNOOP\r\n");
        Assert.Equal("500 503 501 421 end", await talk.CodesAsync(5));
    }

    [Fact]
    public async Task A_message_makes_good_for_bad_commands()
    {
        await using var server = With(new SmtpLimits { BadCommands = 2 });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("XYZZY\r\nXYZZY\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\r\nXYZZY\r\nXYZZY\r\nXYZZY\r\n");
        Assert.Equal("500 500 250 250 354 250 500 500 421", await talk.CodesAsync(9));
    }

    [Fact]
    public async Task Answers_to_many_bad_commands_are_held_back()
    {
        var delay = TimeSpan.FromMilliseconds(300);
        await using var server = With(new SmtpLimits { RefusalsBeforeDelay = 2, RefusalDelay = delay });
        await using var talk = await server.GreetAsync();
        await talk.SayAsync("XYZZY");
        var started = TimeProvider.System.GetTimestamp();
        await talk.SayAsync("XYZZY");
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= delay - TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public async Task Refused_recipients_are_held_back_longer_and_longer_until_a_message_is_taken()
    {
        await using var server = With(new SmtpLimits { RefusalsBeforeDelay = 2, RefusalDelay = TimeSpan.FromMilliseconds(200), RefusalDelayMax = TimeSpan.FromMilliseconds(400) });
        await using var talk = await server.GreetAsync();
        await talk.SayAsync("MAIL FROM:<a@example.org>");
        var delays = new List<int>();
        for (var i = 0; i < 4; i++)
            delays.Add(await DelayOfAsync(talk, "RCPT TO:<unknown@example.test>"));
        Assert.InRange(delays[0], 0, 150);
        Assert.InRange(delays[1], 180, 390);
        Assert.InRange(delays[2], 380, 790);
        Assert.InRange(delays[3], 380, 790);
        await talk.SayAsync("RCPT TO:<b@example.test>");
        await talk.SayAsync("DATA");
        Assert.StartsWith("250", await talk.SayAsync("x\r\n."), StringComparison.Ordinal);
        await talk.SayAsync("MAIL FROM:<a@example.org>");
        Assert.InRange(await DelayOfAsync(talk, "RCPT TO:<unknown@example.test>"), 0, 150);
    }

    [Fact]
    public async Task Users_and_peers_that_are_forgiven_are_not_kept_waiting()
    {
        var limits = new SmtpLimits { RefusalsBeforeDelay = 1, RefusalDelay = TimeSpan.FromSeconds(15), RefusalDelayMax = TimeSpan.FromSeconds(15) };
        await using var forgiving = new SmtpTestServer(SmtpTestServer.Relay with { Limits = limits }, new FakeReception { Terms = new SessionTerms { IsForgiven = true } });
        await using var stranger = await forgiving.GreetAsync();
        Assert.InRange(await DelayOfAsync(stranger, "MAIL FROM:<unknown@example.org>"), 0, 5000);
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Limits = limits, AuthOffered = true, CleartextLogins = Courier.Net.CleartextLogins.Always });
        await using var user = await server.GreetAsync();
        await user.SayAsync("AUTH PLAIN " + Convert.ToBase64String("\0ada\0secret"u8));
        Assert.InRange(await DelayOfAsync(user, "MAIL FROM:<unknown@example.org>"), 0, 5000);
    }

    [Fact]
    public async Task Answers_from_before_a_refusal_that_is_held_back_do_not_wait_with_it()
    {
        await using var server = With(new SmtpLimits { RefusalsBeforeDelay = 1, RefusalDelay = TimeSpan.FromSeconds(15), RefusalDelayMax = TimeSpan.FromSeconds(15) });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("NOOP\r\nXYZZY\r\n");
        var started = TimeProvider.System.GetTimestamp();
        Assert.StartsWith("250", await talk.ReadAsync(), StringComparison.Ordinal);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_command_that_drips_in_has_an_end()
    {
        await using var server = With(new SmtpLimits { CommandTimeout = TimeSpan.FromMilliseconds(300) });
        await using var talk = await server.GreetAsync();
        var dripping = DripAsync(talk);
        Assert.Equal("421 4.4.2 Timed out waiting for input", await talk.ReadAsync());
        await dripping;
    }

    [Fact]
    public async Task Commands_that_lead_to_no_message_have_an_end()
    {
        await using var server = With(new SmtpLimits { CommandsWithoutMessage = 3 });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("NOOP\r\nRSET\r\nNOOP\r\nNOOP\r\n");
        Assert.Equal("250 250 421 end", await talk.CodesAsync(4));
    }

    [Fact]
    public async Task Messages_of_one_session_have_an_end()
    {
        await using var server = With(new SmtpLimits { Transactions = 2 });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\n");
        Assert.Equal("250 250 250 250 421 end", await talk.CodesAsync(6));
    }

    [Theory]
    [InlineData("")]
    [InlineData("MAIL FROM:<a@example.org>\r\n")]
    [InlineData("MAIL FROM:<a@exam")]
    public async Task Silence_between_commands_ends_the_session(string input)
    {
        await using var server = With(new SmtpLimits { CommandTimeout = TimeSpan.FromMilliseconds(100) });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync(input);
        Assert.EndsWith("421 4.4.2 Timed out waiting for input\r\n", await talk.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_within_a_message_ends_the_session()
    {
        await using var server = With(new SmtpLimits { DataTimeout = TimeSpan.FromMilliseconds(100) });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nhalf");
        Assert.Equal("250 250 354 421 end", await talk.CodesAsync(5));
        Assert.Empty(server.Reception.Messages);
    }

    [Fact]
    public async Task A_message_that_drips_in_has_an_end()
    {
        await using var server = With(new SmtpLimits { MessageTimeout = TimeSpan.FromMilliseconds(300) });
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n");
        await talk.CodesAsync(3);
        var dripping = DripAsync(talk);
        Assert.Equal("421 4.4.2 Timed out waiting for input", await talk.ReadAsync());
        await dripping;
    }

    [Fact]
    public async Task Work_of_ours_does_not_count_as_silence_of_the_peer()
    {
        var reception = new FakeReception { BeforeAccept = ct => Task.Delay(400, ct) };
        await using var server = new SmtpTestServer(
            SmtpTestServer.Relay with { Limits = new SmtpLimits { CommandTimeout = TimeSpan.FromMilliseconds(300), DataTimeout = TimeSpan.FromMilliseconds(300) } }, reception);
        await using var talk = await server.GreetAsync();
        await talk.SayAsync("MAIL FROM:<a@example.org>");
        await talk.SayAsync("RCPT TO:<b@example.test>");
        await talk.SayAsync("DATA");
        await talk.SendAsync("x\r\n");
        Assert.Equal("250 2.0.0 Taken", await talk.SayAsync("."));
        Assert.Equal("250 2.0.0 OK", await talk.SayAsync("NOOP"));
    }

    [Fact]
    public async Task Replies_that_are_never_read_end_the_session()
    {
        await using var server = With(new SmtpLimits { ReplyTimeout = TimeSpan.FromMilliseconds(200), CommandsWithoutMessage = int.MaxValue });
        await using var talk = await server.GreetAsync();
        var flood = string.Concat(Enumerable.Repeat("EHLO x\r\n", 2000));
        try
        {
            for (var i = 0; i < 200; i++)
                await talk.SendAsync(flood).WaitAsync(TimeSpan.FromSeconds(5));
        }
        catch (Exception e) when (e is IOException or TimeoutException or OperationCanceledException)
        {
            // It hung up on us, as it should.
        }

        for (var i = 0; server.Sessions > 0 && i < 100; i++)
            await Task.Delay(50);
        Assert.Equal(0, server.Sessions);
    }

    private static async Task<int> DelayOfAsync(SmtpTalk talk, string line)
    {
        var started = TimeProvider.System.GetTimestamp();
        Assert.StartsWith("5", await talk.SayAsync(line), StringComparison.Ordinal);
        return (int)TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
    }

    private static async Task DripAsync(SmtpTalk talk)
    {
        try
        {
            for (var i = 0; i < 100; i++)
            {
                await talk.SendAsync("x");
                await Task.Delay(20);
            }
        }
        catch (IOException)
        {
            // Closed, as expected.
        }
    }

    private static SmtpTestServer With(SmtpLimits limits, bool offersAuth = false) =>
        new(SmtpTestServer.Relay with { Limits = limits, AuthOffered = offersAuth });
}
