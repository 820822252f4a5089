namespace Courier.Mail.Sasl;

/// <summary>What one step of an exchange asks for.</summary>
public enum SaslStep
{
    /// <summary>Send <see cref="SaslExchange.Challenge"/> and read on.</summary>
    Challenge,

    /// <summary>The client has said all: look the credentials up.</summary>
    Credentials,

    /// <summary>Malformed: refuse without looking anything up.</summary>
    Malformed,
}

/// <summary>The server's side of one SASL exchange, without transport and base64 (RFC 4422). PLAIN (RFC 4616) and
/// LOGIN (draft-murchison-sasl-login).</summary>
public abstract class SaslExchange
{
    public abstract string Mechanism { get; }

    /// <summary>What to send next, before base64; empty for an empty challenge.</summary>
    public ReadOnlyMemory<byte> Challenge { get; protected set; }

    /// <summary>Set once a step returned <see cref="SaslStep.Credentials"/>.</summary>
    public SaslCredentials? Credentials { get; protected set; }

    /// <summary>Takes the client's message; null means that it sent none yet (no initial response).</summary>
    public abstract SaslStep Next(ReadOnlyMemory<byte>? response);

    /// <summary>A new exchange, or null for a mechanism we do not have. Names are compared without case.</summary>
    public static SaslExchange? Start(string mechanism) => mechanism.ToUpperInvariant() switch
    {
        "PLAIN" => new PlainExchange(),
        "LOGIN" => new LoginExchange(),
        _ => null,
    };

    /// <summary>What we offer, in order.</summary>
    public static IReadOnlyList<string> Mechanisms { get; } = ["PLAIN", "LOGIN"];
}

/// <summary>Name and password as the client gave them. <paramref name="AuthorizationId"/> is empty unless it asked to act as another.</summary>
public sealed record SaslCredentials(string AuthorizationId, string User, string Password)
{
    /// <summary>Never the password.</summary>
    public override string ToString() => $"SaslCredentials({User})";
}
