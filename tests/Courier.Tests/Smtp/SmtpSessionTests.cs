using Courier.Net;
using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

public sealed class SmtpSessionTests
{
    private static readonly Dictionary<string, string> _ways = new(StringComparer.Ordinal)
    {
        ["connected"] = "",
        ["greeted"] = "EHLO client.example\r\n",
        ["mail"] = "EHLO client.example\r\nMAIL FROM:<a@example.org>\r\n",
        ["rcpt"] = "EHLO client.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\n",
        ["sent"] = "EHLO client.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\r\n",
        ["reset"] = "EHLO client.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nRSET\r\n",
        ["again"] = "EHLO client.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nEHLO client.example\r\n",
    };

    // RFC 5321 §4.1.4, one column for each phase; after end of data, RSET and EHLO a session is where EHLO left it.
    [Theory]
    [InlineData("EHLO x", "connected 250 greeted 250 mail 250 rcpt 250 sent 250 reset 250 again 250")]
    [InlineData("HELO x", "connected 250 greeted 250 mail 250 rcpt 250 sent 250 reset 250 again 250")]
    [InlineData("LHLO x", "connected 500 greeted 500 mail 500 rcpt 500 sent 500 reset 500 again 500")]
    [InlineData("MAIL FROM:<>", "connected 503 greeted 250 mail 503 rcpt 503 sent 250 reset 250 again 250")]
    [InlineData("RCPT TO:<c@example.test>", "connected 503 greeted 503 mail 250 rcpt 250 sent 503 reset 503 again 503")]
    [InlineData("DATA", "connected 503 greeted 503 mail 503 rcpt 354 sent 503 reset 503 again 503")]
    [InlineData("RSET", "connected 250 greeted 250 mail 250 rcpt 250 sent 250 reset 250 again 250")]
    [InlineData("NOOP x", "connected 250 greeted 250 mail 250 rcpt 250 sent 250 reset 250 again 250")]
    [InlineData("HELP", "connected 214 greeted 214 mail 214 rcpt 214 sent 214 reset 214 again 214")]
    [InlineData("VRFY x", "connected 252 greeted 252 mail 252 rcpt 252 sent 252 reset 252 again 252")]
    [InlineData("EXPN x", "connected 502 greeted 502 mail 502 rcpt 502 sent 502 reset 502 again 502")]
    [InlineData("STARTTLS", "connected 503 greeted 220 mail 220 rcpt 220 sent 220 reset 220 again 220")]
    [InlineData("AUTH PLAIN AGEAc2VjcmV0", "connected 503 greeted 235 mail 503 rcpt 503 sent 235 reset 235 again 235")]
    [InlineData("QUIT", "connected 221 greeted 221 mail 221 rcpt 221 sent 221 reset 221 again 221")]
    [InlineData("XYZZY", "connected 500 greeted 500 mail 500 rcpt 500 sent 500 reset 500 again 500")]
    public async Task Each_command_has_its_place(string command, string answers)
    {
        var settings = SmtpTestServer.Relay with { Tls = TestCertificate.Server, AuthOffered = true, CleartextLogins = CleartextLogins.Loopback };
        await using var server = new SmtpTestServer(settings);
        var words = answers.Split(' ');
        for (var i = 0; i < words.Length; i += 2)
        {
            await using var talk = await server.TalkAsync();
            var way = _ways[words[i]];
            var steps = way.Split("\r\n").Count(line => line is not ("" or "x"));
            await talk.SendAsync(way + command + "\r\n");
            await talk.CodesAsync(steps);
            Assert.Equal(words[i] + " " + words[i + 1], words[i] + " " + await talk.CodesAsync(1));
        }
    }

    [Fact]
    public async Task A_message_is_handed_over_with_what_was_said_about_it()
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.GreetAsync("EHLO client.example");
        Assert.Equal("250 2.0.0 Taken", await talk.SayAsync("MAIL FROM:<ada@example.org> BODY=8BITMIME"));
        Assert.Equal("250 2.0.0 Taken", await talk.SayAsync("RCPT TO:<b@example.test>"));
        Assert.Equal("550 5.1.1 No such user", await talk.SayAsync("RCPT TO:<unknown@example.test>"));
        Assert.Equal("250 2.0.0 Taken", await talk.SayAsync("RCPT TO:<Postmaster>"));
        Assert.StartsWith("354 ", await talk.SayAsync("DATA"), StringComparison.Ordinal);
        Assert.Equal("250 2.0.0 Taken", await talk.SayAsync("Subject: x\r\n\r\n..dot\r\n."));
        Assert.Equal("221 2.0.0 Goodbye", await talk.SayAsync("QUIT"));
        Assert.Equal("", await talk.ReadToEndAsync());

        var message = Assert.Single(server.Reception.Messages);
        Assert.Equal("Subject: x\r\n\r\n.dot\r\n", message.Text);
        Assert.Equal(("ada@example.org", "client.example", true, null as string), (message.Sender, message.Helo, message.Is8Bit, message.User));
        Assert.Equal(["b@example.test", "postmaster@example.test"], message.Recipients);
    }

    [Fact]
    public async Task Ehlo_lists_what_is_offered_now()
    {
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Tls = TestCertificate.Server, AuthOffered = true, Offered = SmtpExtensions.None });
        await using var talk = await server.TalkAsync();
        Assert.Equal(
            "250-mail.example.test\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 STARTTLS",
            await talk.SayAsync("EHLO client.example"));
        await talk.SayAsync("STARTTLS");
        await talk.SecureAsync();
        Assert.Equal(
            "250-mail.example.test\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN LOGIN",
            await talk.SayAsync("EHLO client.example"));
        Assert.Equal("250 mail.example.test", await talk.SayAsync("HELO client.example"));
    }

    [Fact]
    public async Task Pipelined_commands_are_answered_in_order()
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.TalkAsync();
        await talk.SendAsync("EHLO c\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<unknown@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n");
        Assert.Equal("250 250 550 250 354", await talk.CodesAsync(5));
        await talk.SendAsync("one\r\n.\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\ntwo\r\n.\r\nQUIT\r\n");
        Assert.Equal("250 250 250 354 250 221", await talk.CodesAsync(6));
        Assert.Equal(["one\r\n", "two\r\n"], server.Reception.Messages.Select(m => m.Text));
    }

    [Fact]
    public async Task Data_after_no_recipient_was_taken_is_refused_and_its_message_is_read_as_commands()
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<unknown@example.test>\r\nDATA\r\n");
        Assert.Equal("250 550 503", await talk.CodesAsync(3));
        Assert.Equal("250 2.0.0 OK", await talk.SayAsync("RSET"));
    }

    [Fact]
    public async Task Commands_arrive_in_any_pieces()
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.TalkAsync();
        foreach (var octet in "EHLO c\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\r\n")
            await talk.SendAsync(octet.ToString());
        Assert.Equal("250 250 250 354 250", await talk.CodesAsync(5));
    }

    [Theory]
    [InlineData("NOOP\nNOOP\r\n", "250 250")]           // a lone LF ends a line: lax, and harmless
    [InlineData("NOOP\rNOOP\r\nRSET\r\n", "500 250")]   // a lone CR does not
    [InlineData("NOOP\0\r\nRSET\r\n", "500 250")]
    [InlineData("MAIL FROM:<a@b.example>\rRCPT TO:<x@y.example>\r\nRSET\r\n", "500 250")]
    [InlineData("MAIL FROM:<a\0@b.example>\r\nRSET\r\n", "500 250")]
    public async Task A_lone_CR_or_a_NUL_never_splits_a_command(string input, string codes)
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.GreetAsync();
        await talk.SendAsync(input);
        Assert.Equal(codes, await talk.CodesAsync(2));
    }

    [Fact]
    public async Task A_line_of_http_ends_the_session()
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.TalkAsync();
        await talk.SendAsync("POST / HTTP/1.1\r\nMAIL FROM:<a@example.org>\r\n");
        Assert.Equal("421 4.7.0 This is a mail server\r\n", await talk.ReadToEndAsync());
    }

    [Theory]
    [InlineData("MAIL FROM:<disk@example.org>", "451 4.3.0")]
    [InlineData("MAIL FROM:<unknown@example.org>", "550 5.1.1")]
    [InlineData("MAIL FROM:<later@example.org>", "450 4.2.0")]
    public async Task Trouble_at_mail_is_answered_and_leaves_no_transaction(string line, string answer)
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.GreetAsync();
        Assert.StartsWith(answer, await talk.SayAsync(line), StringComparison.Ordinal);
        Assert.Equal("503 250", await talk.SayAsync("RCPT TO:<b@example.test>") is var r ? $"{r[..3]} {(await talk.SayAsync("MAIL FROM:<a@example.org>"))[..3]}" : "");
    }

    [Theory]
    [InlineData("data-disk", "451 4.3.0 Local trouble, try again later")]
    [InlineData("data-unknown", "550 5.1.1 No such user")]
    [InlineData("data-later", "450 4.2.0 Not now")]
    public async Task Trouble_at_end_of_data_is_answered_and_the_session_goes_on(string sender, string answer)
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.GreetAsync();
        await talk.SendAsync($"MAIL FROM:<{sender}@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\r\n");
        await talk.CodesAsync(3);
        Assert.Equal(answer, await talk.ReadAsync());
        Assert.Equal("250 2.0.0 OK", await talk.SayAsync("NOOP"));
        Assert.Empty(server.Reception.Messages);
    }

    [Theory]
    [InlineData("MAIL FROM:<bug@example.org>\r\n")]
    [InlineData("MAIL FROM:<a@example.org>\r\nRCPT TO:<bug@example.test>\r\n")]
    [InlineData("MAIL FROM:<data-bug@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\r\n")]
    [InlineData("MAIL FROM:<data-short@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\r\n")]
    public async Task A_bug_of_ours_is_logged_and_answered_with_421_never_5xx(string input)
    {
        var log = new RecordingLogger();
        await using var server = new SmtpTestServer(logger: log);
        await using var talk = await server.GreetAsync();
        await talk.SendAsync(input + "NOOP\r\n");
        Assert.EndsWith("421 4.3.0 Local trouble, try again later\r\n", await talk.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Contains(log.Events, e => e.StartsWith("Critical 2001", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_without_its_end_is_none()
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nhalf\r\n");
        await talk.CodesAsync(3);
        talk.EndInput();
        Assert.Equal("", await talk.ReadToEndAsync());
        Assert.Empty(server.Reception.Messages);
    }

    [Fact]
    public async Task A_stop_tells_a_waiting_session_and_lets_a_message_be_answered()
    {
        var reception = new FakeReception();
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        reception.BeforeAccept = async _ =>
        {
            entered.SetResult();
            await release.Task;
        };
        await using var server = new SmtpTestServer(reception: reception);
        await using var waiting = await server.GreetAsync();
        await using var busy = await server.GreetAsync();
        await busy.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\r\n");
        await entered.Task;
        var stopped = server.StopAsync();
        Assert.Equal("421 4.3.2 Service is shutting down, try again later\r\n", await waiting.ReadToEndAsync());
        release.SetResult();
        Assert.Equal("250 250 354 250 421", await busy.CodesAsync(5));
        await stopped;
        Assert.Single(reception.Messages);
    }
}
