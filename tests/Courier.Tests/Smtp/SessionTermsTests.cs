using Courier.Smtp.Replies;
using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

/// <summary>What holds for one peer, and peers that speak too soon.</summary>
public sealed class SessionTermsTests
{
    [Fact]
    public async Task A_peer_that_is_sent_away_reads_why()
    {
        await using var server = With(new SessionTerms { Refusal = new SmtpReply(554, new(5, 7, 1), "Not you") });
        await using var talk = await SmtpTalk.ConnectAsync(server.Port);
        Assert.Equal("554 5.7.1 Not you\r\n", await talk.ReadToEndAsync());
    }

    [Fact]
    public async Task A_size_of_its_own_is_announced_and_kept_to()
    {
        await using var server = With(new SessionTerms { MessageBytes = 1000 });
        await using var talk = await server.TalkAsync();
        Assert.Contains("SIZE 1000\r\n", await talk.SayAsync("EHLO x"), StringComparison.Ordinal);
        Assert.StartsWith("552 5.3.4", await talk.SayAsync("MAIL FROM:<a@example.org> SIZE=1001"), StringComparison.Ordinal);
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n" + new string('x', 998) + "\r\n.\r\n");
        Assert.Equal("250 250 354 250", await talk.CodesAsync(4));
        await talk.SendAsync("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n" + new string('x', 999) + "\r\n.\r\n");
        Assert.Equal("250 250 354 552", await talk.CodesAsync(4));
    }

    [Theory]
    [InlineData(true, false, "530 5.7.0 Authentication required")]
    [InlineData(false, true, "530 5.7.0 Must issue a STARTTLS command first")]
    public async Task A_login_or_TLS_may_be_asked_for(bool login, bool tls, string reply)
    {
        await using var server = With(new SessionTerms { AuthRequired = login, TlsRequired = tls });
        await using var talk = await server.GreetAsync();
        Assert.Equal(reply, await talk.SayAsync("MAIL FROM:<a@example.org>"));
    }

    [Fact]
    public async Task A_peer_that_waits_is_greeted_after_the_delay()
    {
        var delay = TimeSpan.FromMilliseconds(200);
        await using var server = With(new SessionTerms { GreetingDelay = delay });
        var started = TimeProvider.System.GetTimestamp();
        await using var talk = await SmtpTalk.ConnectAsync(server.Port);
        Assert.StartsWith("220", await talk.ReadAsync(), StringComparison.Ordinal);
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= delay - TimeSpan.FromMilliseconds(50));
        Assert.StartsWith("250", await talk.SayAsync("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_speaks_first_is_sent_away_at_once()
    {
        await using var server = With(new SessionTerms { GreetingDelay = TimeSpan.FromSeconds(30) });
        await using var talk = await SmtpTalk.ConnectAsync(server.Port);
        await talk.SendAsync("EHLO x\r\nMAIL FROM:<a@example.org>\r\n");
        Assert.Equal("554 5.5.1 You spoke before the greeting\r\n", await talk.ReadToEndAsync());
    }

    [Fact]
    public async Task A_peer_that_leaves_while_it_waits_is_gone()
    {
        await using var server = With(new SessionTerms { GreetingDelay = TimeSpan.FromSeconds(30) });
        await using (await SmtpTalk.ConnectAsync(server.Port))
        {
            for (var i = 0; server.Sessions == 0 && i < 200; i++)
                await Task.Delay(25);
        }

        for (var i = 0; server.Sessions > 0 && i < 200; i++)
            await Task.Delay(25);
        Assert.Equal(0, server.Sessions);
    }

    private static SmtpTestServer With(SessionTerms terms) => new(reception: new FakeReception { Terms = terms });
}
