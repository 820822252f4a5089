using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

/// <summary>RFC 3207.</summary>
public sealed class StartTlsTests
{
    private static readonly SmtpServerSettings _tls = SmtpTestServer.Relay with { Tls = TestCertificate.Server };

    [Fact]
    public async Task Commands_sent_in_the_clear_behind_STARTTLS_are_never_answered()
    {
        await using var server = new SmtpTestServer(_tls);
        await using var talk = await server.GreetAsync();
        await talk.SendAsync("STARTTLS\r\nMAIL FROM:<evil@example.org>\r\nNOOP\r\n");
        Assert.Equal("220", await talk.CodesAsync(1));
        await talk.SecureAsync();
        await talk.SendAsync("NOOP\r\nEHLO after\r\nRCPT TO:<b@example.test>\r\nQUIT\r\n");
        Assert.Equal("250 250 503 221 end", await talk.CodesAsync(5));
    }

    [Fact]
    public async Task What_was_said_before_TLS_is_forgotten()
    {
        await using var server = new SmtpTestServer(_tls);
        await using var talk = await server.GreetAsync();
        await talk.SayAsync("MAIL FROM:<a@example.org>");
        await talk.SayAsync("STARTTLS");
        await talk.SecureAsync();
        Assert.StartsWith("503", await talk.SayAsync("RCPT TO:<b@example.test>"), StringComparison.Ordinal);
        Assert.StartsWith("503", await talk.SayAsync("MAIL FROM:<a@example.org>"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TLS_is_started_once()
    {
        await using var server = new SmtpTestServer(_tls);
        await using var talk = await server.GreetAsync();
        await talk.SayAsync("STARTTLS");
        await talk.SecureAsync();
        Assert.DoesNotContain("250-STARTTLS", await talk.SayAsync("EHLO x"), StringComparison.Ordinal);
        Assert.StartsWith("503", await talk.SayAsync("STARTTLS"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_certificate_it_is_not_there()
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.TalkAsync();
        Assert.DoesNotContain("250-STARTTLS", await talk.SayAsync("EHLO x"), StringComparison.Ordinal);
        Assert.StartsWith("502", await talk.SayAsync("STARTTLS"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_now_puts_the_client_off()
    {
        await using var server = new SmtpTestServer(SmtpTestServer.Relay with { Tls = () => throw new FileNotFoundException("key.pem") });
        await using var talk = await server.GreetAsync();
        Assert.StartsWith("454", await talk.SayAsync("STARTTLS"), StringComparison.Ordinal);
        Assert.StartsWith("250", await talk.SayAsync("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_that_is_none_ends_the_session()
    {
        await using var server = new SmtpTestServer(_tls);
        await using var talk = await server.GreetAsync();
        await talk.SayAsync("STARTTLS");
        await talk.SendAsync("NOOP, in the clear as ever\r\n");
        Assert.DoesNotContain("250", await talk.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_that_never_comes_ends_the_session()
    {
        await using var server = new SmtpTestServer(_tls with { Limits = new SmtpLimits { HandshakeTimeout = TimeSpan.FromMilliseconds(50) } });
        await using var talk = await server.GreetAsync();
        await talk.SayAsync("STARTTLS");
        Assert.Equal("", await talk.ReadToEndAsync());
    }

    [Fact]
    public async Task Mail_waits_for_TLS_where_it_is_required()
    {
        await using var server = new SmtpTestServer(_tls with { TlsRequired = true });
        await using var talk = await server.GreetAsync();
        Assert.Equal("530 5.7.0 Must issue a STARTTLS command first", await talk.SayAsync("MAIL FROM:<a@example.org>"));
        await talk.SayAsync("STARTTLS");
        await talk.SecureAsync();
        await talk.SayAsync("EHLO x");
        Assert.StartsWith("250", await talk.SayAsync("MAIL FROM:<a@example.org>"), StringComparison.Ordinal);
    }
}
