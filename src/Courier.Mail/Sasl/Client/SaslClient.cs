using System.Security.Cryptography;
using System.Text;

namespace Courier.Mail.Sasl.Client;

/// <summary>The client's side of one SASL exchange, without transport and base64 (RFC 4422).</summary>
public abstract class SaslClient
{
    public abstract string Mechanism { get; }

    /// <summary>Everything was said, and the server proved what the mechanism has it prove.</summary>
    public abstract bool IsComplete { get; }

    /// <summary>The initial response; null for mechanisms in which the server speaks first.</summary>
    public abstract byte[]? Start();

    /// <summary>The response to a challenge; null when the challenge is wrong.</summary>
    public abstract byte[]? Next(byte[] challenge);

    /// <summary>The best mechanism that both sides have: those that do not show the password first, those that do only under TLS.</summary>
    /// <param name="offered">Names in upper case.</param>
    /// <param name="user">Authentication identity.</param>
    /// <param name="password">Password.</param>
    /// <param name="isSecure">TLS is on.</param>
    public static SaslClient? Choose(IReadOnlyCollection<string> offered, string user, string password, bool isSecure)
    {
        if (offered.Contains("SCRAM-SHA-256"))
            return new ScramSha256Client(user, password);
        if (offered.Contains("CRAM-MD5"))
            return new CramMd5Client(user, password);
        if (!isSecure)
            return null;
        if (offered.Contains("PLAIN"))
            return new PlainClient(user, password);
        return offered.Contains("LOGIN") ? new LoginClient(user, password) : null;
    }
}

/// <summary>PLAIN (RFC 4616).</summary>
internal sealed class PlainClient(string user, string password) : SaslClient
{
    public override string Mechanism => "PLAIN";

    public override bool IsComplete => true;

    public override byte[] Start() => Encoding.UTF8.GetBytes($"\0{user}\0{password}");

    // A server that ignored the initial response asks for it with an empty challenge (RFC 4954 §4).
    public override byte[]? Next(byte[] challenge) => challenge.Length == 0 ? Start() : null;
}

/// <summary>LOGIN (draft-murchison-sasl-login): whatever the prompts say, first the name, then the password.</summary>
internal sealed class LoginClient(string user, string password) : SaslClient
{
    private int _answers;

    public override string Mechanism => "LOGIN";

    public override bool IsComplete => _answers == 2;

    public override byte[]? Start() => null;

    public override byte[]? Next(byte[] challenge) => _answers++ switch
    {
        0 => Encoding.UTF8.GetBytes(user),
        1 => Encoding.UTF8.GetBytes(password),
        _ => null,
    };
}

/// <summary>CRAM-MD5 (RFC 2195 §2).</summary>
internal sealed class CramMd5Client(string user, string password) : SaslClient
{
    public override string Mechanism => "CRAM-MD5";

    public override bool IsComplete => true;

    public override byte[]? Start() => null;

#pragma warning disable CA5351 // The mechanism is made of it, and HMAC-MD5 is not what is broken of MD5.
    public override byte[] Next(byte[] challenge) =>
        Encoding.UTF8.GetBytes($"{user} {Convert.ToHexStringLower(HMACMD5.HashData(Encoding.UTF8.GetBytes(password), challenge))}");
#pragma warning restore CA5351
}
