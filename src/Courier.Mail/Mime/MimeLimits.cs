namespace Courier.Mail.Mime;

/// <summary>What one message may cost its reader. Past a limit the rest is taken as plain content of the part in hand:
/// nothing is lost, it is just not looked into.</summary>
public sealed record MimeLimits
{
    public static MimeLimits Default { get; } = new();

    /// <summary>Dovecot and our own anchors use 100.</summary>
    public int Depth { get; init; } = 100;

    /// <summary>Dovecot and our own anchors use 10,000.</summary>
    public int Parts { get; init; } = 10_000;

    /// <summary>Octets of one header block that are looked into.</summary>
    public int HeaderBytes { get; init; } = 10 * 1024 * 1024;
}
