using System.Text;
using Courier.Mail.Sasl;

namespace Courier.Tests.Mail;

public sealed class SaslExchangeTests
{
    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Theory]
    [InlineData("\0ada\0secret", "", "ada", "secret")]
    [InlineData("bob\0ada\0secret", "bob", "ada", "secret")]
    [InlineData("\0ädä\0pässwörd", "", "ädä", "pässwörd")]
    public void Plain_says_all_at_once(string message, string authorization, string user, string password)
    {
        var exchange = SaslExchange.Start("plain")!;
        Assert.Equal("PLAIN", exchange.Mechanism);
        Assert.Equal(SaslStep.Credentials, exchange.Next(Bytes(message)));
        Assert.Equal(new SaslCredentials(authorization, user, password), exchange.Credentials);
    }

    [Fact]
    public void Plain_without_initial_response_is_asked_with_an_empty_challenge()
    {
        var exchange = SaslExchange.Start("PLAIN")!;
        Assert.Equal(SaslStep.Challenge, exchange.Next(null));
        Assert.True(exchange.Challenge.IsEmpty);
        Assert.Equal(SaslStep.Credentials, exchange.Next(Bytes("\0a\0b")));
        Assert.Equal(SaslStep.Malformed, exchange.Next(Bytes("\0a\0c")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ada\0secret")]
    [InlineData("\0\0secret")]
    [InlineData("\0ada\0")]
    [InlineData("\0ada\0se\0cret")]
    public void Malformed_plain_is_refused(string message)
    {
        var exchange = SaslExchange.Start("PLAIN")!;
        Assert.Equal(SaslStep.Malformed, exchange.Next(Bytes(message)));
        Assert.Null(exchange.Credentials);
    }

    [Fact]
    public void Credentials_that_are_no_utf8_or_too_long_are_refused()
    {
        byte[] latin1 = [0, (byte)'a', 0xe4, 0, (byte)'b'];
        Assert.Equal(SaslStep.Malformed, SaslExchange.Start("PLAIN")!.Next(latin1));
        Assert.Equal(SaslStep.Credentials, SaslExchange.Start("PLAIN")!.Next(Bytes("\0" + new string('a', 255) + "\0b")));
        Assert.Equal(SaslStep.Malformed, SaslExchange.Start("PLAIN")!.Next(Bytes("\0" + new string('a', 256) + "\0b")));
        Assert.Equal(SaslStep.Malformed, SaslExchange.Start("PLAIN")!.Next(Bytes("\0a\0" + new string('b', 1025))));
        Assert.Equal(SaslStep.Malformed, SaslExchange.Start("LOGIN")!.Next(new byte[100_000]));
    }

    [Fact]
    public void Login_asks_for_name_and_password()
    {
        var exchange = SaslExchange.Start("LOGIN")!;
        Assert.Equal(SaslStep.Challenge, exchange.Next(null));
        Assert.Equal("Username:", Encoding.ASCII.GetString(exchange.Challenge.Span));
        Assert.Equal(SaslStep.Challenge, exchange.Next(Bytes("ada")));
        Assert.Equal("Password:", Encoding.ASCII.GetString(exchange.Challenge.Span));
        Assert.Equal(SaslStep.Credentials, exchange.Next(Bytes("secret")));
        Assert.Equal(new SaslCredentials("", "ada", "secret"), exchange.Credentials);
    }

    [Fact]
    public void Login_takes_the_name_as_initial_response()
    {
        var exchange = SaslExchange.Start("Login")!;
        Assert.Equal(SaslStep.Challenge, exchange.Next(Bytes("ada")));
        Assert.Equal("Password:", Encoding.ASCII.GetString(exchange.Challenge.Span));
        Assert.Equal(SaslStep.Malformed, exchange.Next(Bytes("")));
    }

    [Fact]
    public void What_is_offered_can_be_started_and_nothing_else()
    {
        Assert.All(SaslExchange.Mechanisms, mechanism => Assert.Equal(mechanism, SaslExchange.Start(mechanism)?.Mechanism));
        Assert.Null(SaslExchange.Start("CRAM-MD5"));
        Assert.Null(SaslExchange.Start(""));
    }

    [Fact]
    public void A_password_is_never_shown() => Assert.DoesNotContain("secret", new SaslCredentials("", "ada", "secret").ToString(), StringComparison.Ordinal);
}
