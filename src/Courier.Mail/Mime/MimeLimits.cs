namespace Courier.Mail.Mime;

/// <summary>What one message may cost its reader. Past a limit the rest is taken as plain content of the part in hand:
/// nothing is lost, it is just not looked into.</summary>
public sealed record MimeLimits
{
    public static MimeLimits Default { get; } = new();

    /// <summary>Dovecot and our own anchors use 100. What walks the tree may recurse this deep.</summary>
    public int Depth { get; init; } = 100;

    /// <summary>Dovecot and our own anchors use 10,000.</summary>
    public int Parts { get; init; } = 10_000;

    /// <summary>Octets of one header block that are looked into. Dovecot's limit.</summary>
    public int HeaderBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Parameters of one field that are looked at. A long name split by RFC 2231 into lines of one octet stays within it;
    /// unbounded joining has cost other servers their processor.</summary>
    public const int Parameters = 4000;

    /// <summary>Addresses of one field (To, Cc …) that ENVELOPE shows. Real lists stay in the hundreds; this many take a megabyte on
    /// the wire, while a message of nothing but commas and letters would take seventeen times its own length.</summary>
    public const int EnvelopeAddresses = 50_000;

    /// <summary>Octets of one string of ENVELOPE or BODYSTRUCTURE, which is cut there: Postfix's header_size_limit.</summary>
    public const int ImapString = 102_400;

    /// <summary>Above this a string goes as a literal: RFC 5322 §2.1.1's longest line, which every client can read.</summary>
    public const int QuotedString = 998;
}
