namespace Courier.Mta.Reception.Headers;

/// <summary>Whose mail something is done to.</summary>
public enum Whose
{
    /// <summary>Mail that is submitted: by users' programs, and by programs of this machine.</summary>
    Submitted,

    Everybody,

    Nobody,
}

/// <summary>Which headers may be changed.</summary>
public enum HeaderChanges
{
    /// <summary>Those that nobody has signed: a change would break the signature (RFC 6376 §5.3).</summary>
    Unsigned,

    All,

    None,
}

/// <summary>What is made good in a message that its program left incomplete (RFC 6409 §8).</summary>
public sealed record HeaderSettings
{
    /// <summary>Message-ID is added where it is missing.</summary>
    public Whose AddsMessageId { get; init; }

    /// <summary>Date likewise.</summary>
    public Whose AddsDate { get; init; }

    /// <summary>The domain of a Message-ID of ours; null for the host's name.</summary>
    public string? MessageIdHost { get; init; }

    /// <summary>What addresses without a domain get, in the envelope and in the header; null leaves them as they are.</summary>
    public string? Domain { get; init; }

    /// <summary>Whose addresses get it.</summary>
    public Whose Completes { get; init; }

    /// <summary>In which headers.</summary>
    public HeaderChanges Changes { get; init; }

    internal static bool Applies(Whose whose, bool isSubmitted) => whose == Whose.Everybody || (whose == Whose.Submitted && isSubmitted);
}
