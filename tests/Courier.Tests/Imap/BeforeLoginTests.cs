using System.Net;
using System.Text;
using Courier.Imap;
using Courier.Net;
using Courier.Shared.Imap;
using Microsoft.Extensions.Logging;

namespace Courier.Tests.Imap;

[Collection(WeighedAlone.Name)]
public sealed class BeforeLoginTests
{
    private static readonly string _plain = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0demo\0{ImapHost.Password}"));

    [Fact]
    public async Task The_greeting_offers_what_works_here()
    {
        await using var host = new ImapHost();
        var (client, _) = host.Connect();
        var greeting = await client.ReadLineAsync();
        Assert.StartsWith("* OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ ", greeting, StringComparison.Ordinal);
        Assert.Contains("AUTH=PLAIN", greeting, StringComparison.Ordinal);
        Assert.DoesNotContain("STARTTLS", greeting, StringComparison.Ordinal); // there is no certificate
    }

    [Fact]
    public async Task Without_TLS_a_password_from_afar_is_not_even_looked_at()
    {
        await using var host = new ImapHost();
        var (client, _) = host.Connect(IPAddress.Parse("192.0.2.1"));
        Assert.Contains("LOGINDISABLED", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("NO [PRIVACYREQUIRED]", (await client.AskAsync($"LOGIN demo \"{ImapHost.Password}\"")).Tagged, StringComparison.Ordinal);
        Assert.StartsWith("NO [PRIVACYREQUIRED]", (await client.AskAsync("AUTHENTICATE PLAIN " + _plain)).Tagged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_are_counted()
    {
        await using var host = new ImapHost();
        var (client, session) = host.Connect();
        await client.ReadLineAsync();
        for (var i = 0; i < new ImapLimits().PreAuthBadCommands; i++)
            Assert.StartsWith("BAD", (await client.AskAsync("NONSENSE")).Tagged, StringComparison.Ordinal);
        Assert.StartsWith("* BYE", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Null(await client.ReadLineAsync());
        await session;
    }

    [Fact]
    public async Task Failed_logins_look_alike_and_end_the_connection_at_last()
    {
        var log = new ListLogger();
        await using var host = new ImapHost(logger: log);
        var (client, _) = host.Connect();
        await client.ReadLineAsync();
        var wrong = await client.AskAsync("LOGIN demo \"wrong secret\"");
        Assert.Equal(wrong.Tagged, (await client.AskAsync("LOGIN nobody \"wrong secret\"")).Tagged);
        Assert.StartsWith("NO [AUTHENTICATIONFAILED]", wrong.Tagged, StringComparison.Ordinal);
        for (var i = 2; i < new ImapLimits().LoginFailures; i++)
            await client.AskAsync("LOGIN demo \"wrong secret\"");
        Assert.StartsWith("* BYE", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("wrong secret", log.Text, StringComparison.Ordinal);
        Assert.Contains("LOGIN FAILED, user=demo, ip=[", log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_in_the_log_cannot_forge_lines()
    {
        var log = new ListLogger();
        await using var host = new ImapHost(logger: log);
        var (client, _) = host.Connect();
        await client.ReadLineAsync();
        await client.AskAsync("LOGIN {17+}\r\nnobody\r\nIMAP lies wrong");
        Assert.Contains("nobody??IMAP lies", log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Under_TLS_what_was_sent_ahead_in_clear_is_gone()
    {
        using var key = System.Security.Cryptography.RSA.Create(2048);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "CN=mail.example.test", key, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        await using var host = new ImapHost(settings => settings with
        {
            CleartextLogins = CleartextLogins.Never,
            StartTls = () => new() { ServerCertificate = certificate },
        });
        var (plain, _) = host.Connect();
        var greeting = await plain.ReadLineAsync();
        Assert.Contains(" STARTTLS LOGINDISABLED]", greeting, StringComparison.Ordinal);
        await plain.SendAsync("a STARTTLS\r\nb NOOP\r\n");
        Assert.StartsWith("a OK", await plain.ReadLineAsync(), StringComparison.Ordinal);
        // A certificate of its own making is what this test is about, not whom to trust.
        await using var tls = new System.Net.Security.SslStream(plain.Stream, leaveInnerStreamOpen: false, (_, presented, _, _) => presented?.Subject == "CN=mail.example.test");
        await tls.AuthenticateAsClientAsync("mail.example.test");
        await using var client = new ImapClient(tls);
        var capability = await client.AskAsync("CAPABILITY");
        var offered = Assert.Single(capability.Untagged); // and nothing of "b"
        Assert.DoesNotContain("STARTTLS", offered, StringComparison.Ordinal);
        Assert.Contains("AUTH=PLAIN AUTH=LOGIN", offered, StringComparison.Ordinal);
        Assert.StartsWith("BAD", (await client.AskAsync("STARTTLS")).Tagged, StringComparison.Ordinal);
        Assert.StartsWith("OK [CAPABILITY ", (await client.AskAsync("AUTHENTICATE PLAIN " + _plain)).Tagged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_ours_is_said_logged_and_ends_the_session()
    {
        var log = new ListLogger();
        await using var host = new ImapHost(logger: log);
        host.Fault = new InvalidOperationException("an invariant broke");
        var (client, session) = host.Connect();
        await client.ReadLineAsync();
        await client.SendAsync("a LOGIN demo secret\r\n");
        Assert.StartsWith("* BYE [SERVERBUG]", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Null(await client.ReadLineAsync());
        await session;
        Assert.Contains("failed by a fault of ours", log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unreachable_accounts_are_our_trouble()
    {
        await using var host = new ImapHost();
        host.AreAccountsDown = true;
        var (client, _) = host.Connect();
        await client.ReadLineAsync();
        Assert.StartsWith("NO [UNAVAILABLE]", (await client.AskAsync("LOGIN demo x")).Tagged, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AUTHENTICATE PLAIN !!!", "BAD")]
    [InlineData("AUTHENTICATE NO-SUCH", "NO")]
    [InlineData("AUTHENTICATE PLAIN =", "NO")]
    [InlineData("AUTHENTICATE", "BAD")]
    [InlineData("SELECT INBOX", "BAD")]
    [InlineData("STARTTLS", "BAD")]
    [InlineData("UID", "BAD")]
    [InlineData("LOGIN {1000000000}", "BAD")]
    [InlineData("LOGIN {99999999999999999999}", "BAD")]
    [InlineData("LOGIN {20000+}", "BAD", 20000)]
    public async Task Refusals(string command, string status, int follows = 0)
    {
        await using var host = new ImapHost();
        var (client, _) = host.Connect();
        await client.ReadLineAsync();
        Assert.StartsWith(status, (await client.AskAsync(command + (follows > 0 ? "\r\n" + new string('x', follows) + " y" : ""))).Tagged, StringComparison.Ordinal);
        Assert.True((await client.AskAsync("NOOP")).IsOk);
    }

    [Fact]
    public async Task An_exchange_can_be_cancelled()
    {
        await using var host = new ImapHost();
        var (client, _) = host.Connect();
        await client.ReadLineAsync();
        await client.SendAsync("a AUTHENTICATE LOGIN\r\n");
        Assert.Equal("+ VXNlcm5hbWU6", await client.ReadLineAsync());
        await client.SendAsync("*\r\n");
        Assert.StartsWith("a BAD", await client.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("* ")]
    [InlineData("+a ")]
    public async Task A_line_without_a_tag_is_answered_untagged(string start)
    {
        await using var host = new ImapHost();
        var (client, _) = host.Connect();
        await client.ReadLineAsync();
        await client.SendAsync(start + "\r\n");
        Assert.StartsWith("* BAD", await client.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_may_not_send_for_ever()
    {
        await using var host = new ImapHost();
        var (client, session) = host.Connect();
        await client.ReadLineAsync();
        try
        {
            for (var i = 0; i < 700; i++)
                await client.SendAsync($"a{i} NOOP\r\n{(i % 2 == 0 ? "" : $"b{i} ID (\"a\" \"{new string('x', 200)}\")\r\n")}");
        }
        catch (IOException)
        {
            // It hung up before all was sent.
        }

        var last = "";
        while (await client.ReadLineAsync() is { } line)
            last = line;
        Assert.StartsWith("* BYE", last, StringComparison.Ordinal);
        await session;
    }

    [Fact]
    public async Task A_line_of_a_gigabyte_is_cut_off_in_bounded_memory()
    {
        await using var host = new ImapHost(settings => settings with { Limits = settings.Limits with { PreAuthBytes = int.MaxValue } });
        var (client, session) = host.Connect();
        await client.ReadLineAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var piece = new byte[64 * 1024];
        Array.Fill(piece, (byte)'x');
        var sent = 0L;
        try
        {
            for (; sent < 1L << 30; sent += piece.Length)
                await client.Stream.WriteAsync(piece);
        }
        catch (IOException)
        {
            // The server has hung up.
        }

        Assert.True(sent < 10 << 20, $"{sent} octets were taken");
        await session;
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 8 << 20);
    }

    [Fact]
    public async Task Stopping_the_server_says_BYE_at_once()
    {
        await using var host = new ImapHost();
        var (client, _) = host.Connect();
        await client.ReadLineAsync();
        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.StartsWith("* BYE", await client.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_does_not_log_in_in_time_is_sent_away()
    {
        await using var host = new ImapHost(settings => settings with { Limits = settings.Limits with { PreAuthTime = TimeSpan.FromMilliseconds(100) } });
        var (client, session) = host.Connect();
        await client.ReadLineAsync();
        Assert.StartsWith("* BYE", await client.ReadLineAsync(), StringComparison.Ordinal);
        await session;
    }

    [Fact]
    public async Task Commands_arrive_in_any_pieces()
    {
        await using var host = new ImapHost();
        var (client, _) = host.Connect();
        await client.ReadLineAsync();
        foreach (var octet in "a NOOP\r\nb LOGIN {4+}\r\ndemo {5+}\r\nwrong\r\nc NOOP\r\n")
            await client.SendAsync(octet.ToString());
        Assert.StartsWith("a OK", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("b NO", await client.ReadLineAsync(), StringComparison.Ordinal);
        Assert.StartsWith("c OK", await client.ReadLineAsync(), StringComparison.Ordinal);
    }

    private sealed class ListLogger : ILogger<ImapServer>
    {
        private readonly StringBuilder _text = new();

        public string Text
        {
            get
            {
                lock (_text)
                    return _text.ToString();
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_text)
                _text.AppendLine(formatter(state, exception));
        }
    }
}
