using System.Text;
using Courier.Net;
using Courier.Smtp.Server;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

/// <summary>RFC 4954.</summary>
public sealed class SmtpAuthTests
{
    private static readonly SmtpLimits _quick = new() { AuthFailureDelay = TimeSpan.FromMilliseconds(1) };

    private static readonly SmtpServerSettings _submission =
        new("mail.example.test", SmtpRole.Submission) { CleartextLogins = CleartextLogins.Loopback, Limits = _quick };

    [Theory]
    [InlineData("AUTH PLAIN {\0ada\0secret}", "235")]
    [InlineData("AUTH plain {ada\0ada\0secret}", "235")]
    [InlineData("AUTH PLAIN|{\0ada\0secret}", "334 235")]
    [InlineData("AUTH LOGIN|{ada}|{secret}", "334 334 235")]
    [InlineData("AUTH LOGIN {ada}|{secret}", "334 235")]
    [InlineData("AUTH PLAIN {\0ada\0wrong}", "535")]
    [InlineData("AUTH PLAIN {root\0ada\0secret}", "535")]          // acting as somebody else
    [InlineData("AUTH PLAIN {\0disk\0secret}", "454")]
    [InlineData("AUTH PLAIN {ada}", "501")]
    [InlineData("AUTH PLAIN =", "501")]
    [InlineData("AUTH PLAIN ====", "501")]
    [InlineData("AUTH PLAIN !!!!", "501")]
    [InlineData("AUTH PLAIN|*", "334 501")]
    [InlineData("AUTH LOGIN|{ada}|*", "334 334 501")]
    [InlineData("AUTH PLAIN|AG E=", "334 501")]
    [InlineData("AUTH CRAM-MD5", "504")]
    [InlineData("AUTH PLAIN {\0ada\0secret}|AUTH PLAIN {\0ada\0secret}", "235 503")]
    [InlineData("AUTH PLAIN {\0ada\0secret}|EHLO x|MAIL FROM:<a@example.org>", "235 250 250")]
    [InlineData("MAIL FROM:<a@example.org>", "530")]
    public async Task An_exchange_ends_as_it_should(string script, string codes)
    {
        await using var server = new SmtpTestServer(_submission);
        await using var talk = await server.GreetAsync();
        var answers = new List<string>();
        foreach (var line in script.Split('|'))
            answers.Add((await talk.SayAsync(Encode(line)))[..3]);
        Assert.Equal(codes, string.Join(' ', answers));
    }

    [Fact]
    public async Task The_login_goes_with_the_message()
    {
        await using var server = new SmtpTestServer(_submission);
        await using var talk = await server.GreetAsync();
        await talk.SendAsync(Encode("AUTH PLAIN {\0ada\0secret}\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.test>\r\nDATA\r\nx\r\n.\r\n"));
        Assert.Equal("235 250 250 354 250", await talk.CodesAsync(5));
        Assert.Equal("ada", Assert.Single(server.Reception.Messages).User);
    }

    [Theory]
    [InlineData(CleartextLogins.Never, false, "538")]
    [InlineData(CleartextLogins.Never, true, "530")]
    [InlineData(CleartextLogins.Always, true, "530")]
    [InlineData(CleartextLogins.Loopback, false, "235")]
    [InlineData(CleartextLogins.Always, false, "235")]
    public async Task A_password_in_the_clear_is_taken_only_where_a_setting_says_so(CleartextLogins logins, bool tlsRequired, string code)
    {
        await using var server = new SmtpTestServer(_submission with { Tls = TestCertificate.Server, CleartextLogins = logins, TlsRequired = tlsRequired });
        await using var talk = await server.TalkAsync();
        Assert.Equal(code == "235", (await talk.SayAsync("EHLO x")).Contains("AUTH", StringComparison.Ordinal));
        Assert.StartsWith(code, await talk.SayAsync(Encode("AUTH PLAIN {\0ada\0secret}")), StringComparison.Ordinal);
        await talk.SayAsync("STARTTLS");
        await talk.SecureAsync();
        Assert.Contains("AUTH PLAIN LOGIN", code == "235" ? "AUTH PLAIN LOGIN" : await talk.SayAsync("EHLO x"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relay_that_offers_no_login_says_so()
    {
        await using var server = new SmtpTestServer();
        await using var talk = await server.GreetAsync();
        Assert.StartsWith("502 5.5.1", await talk.SayAsync(Encode("AUTH PLAIN {\0ada\0secret}")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guessing_ends_after_a_few_tries_and_is_logged_without_the_password()
    {
        var log = new RecordingLogger();
        await using var server = new SmtpTestServer(_submission, logger: log);
        await using var talk = await server.GreetAsync();
        var guess = Encode("AUTH PLAIN {\0ada\nx\0sesame}\r\n");
        await talk.SendAsync(guess + guess + guess + guess);
        Assert.Equal("535 535 421 end", await talk.CodesAsync(4));
        Assert.Contains("Information 2004 Login failed: 127.0.0.1 as ada?x", log.Events);
        Assert.DoesNotContain(log.Events, e => e.Contains("sesame", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_answer_to_a_wrong_password_is_held_back()
    {
        var delay = TimeSpan.FromMilliseconds(300);
        await using var server = new SmtpTestServer(_submission with { Limits = new SmtpLimits { AuthFailureDelay = delay } });
        await using var talk = await server.GreetAsync();
        var started = TimeProvider.System.GetTimestamp();
        await talk.SayAsync(Encode("AUTH PLAIN {\0ada\0wrong}"));
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= delay - TimeSpan.FromMilliseconds(20));
    }

    [Theory]
    [InlineData(12288 - 1, "501")]
    [InlineData(12288, "501")]
    [InlineData(12288 + 1, "500")]
    public async Task A_line_of_an_exchange_has_the_length_of_its_RFC(int length, string code)
    {
        await using var server = new SmtpTestServer(_submission);
        await using var talk = await server.GreetAsync();
        await talk.SayAsync("AUTH PLAIN");
        Assert.StartsWith(code, await talk.SayAsync(new string('!', length - 2)), StringComparison.Ordinal);
        Assert.StartsWith("250", await talk.SayAsync("NOOP"), StringComparison.Ordinal);
    }

    // What is in braces goes out in base64.
    private static string Encode(string line)
    {
        var start = line.IndexOf('{', StringComparison.Ordinal);
        if (start < 0)
            return line;
        var end = line.IndexOf('}', start);
        return line[..start] + Convert.ToBase64String(Encoding.UTF8.GetBytes(line[(start + 1)..end])) + Encode(line[(end + 1)..]);
    }
}
