using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>What holds for one peer's session beside the listener's settings.</summary>
public sealed record SessionTerms
{
    /// <summary>Nothing in particular.</summary>
    public static SessionTerms Usual { get; } = new();

    /// <summary>Said instead of the greeting; the connection is closed then. Null: the peer is greeted.</summary>
    public SmtpReply? Refusal { get; init; }

    /// <summary>How long the peer must be silent before it is greeted. Whoever speaks first is sent away: clients wait for the greeting
    /// (RFC 5321 §4.3.1), programs that only want to be rid of their messages often do not.</summary>
    public TimeSpan GreetingDelay { get; init; }

    /// <summary>MAIL is refused until a login succeeded.</summary>
    public bool AuthRequired { get; init; }

    /// <summary>MAIL and AUTH are refused until TLS is on.</summary>
    public bool TlsRequired { get; init; }

    /// <summary>Largest message; null: as for all.</summary>
    public long? MessageBytes { get; init; }

    /// <summary>Answers to mistakes are not held back.</summary>
    public bool IsForgiven { get; init; }
}
