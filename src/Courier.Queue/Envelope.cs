using Courier.Mail.Addresses;

namespace Courier.Queue;

/// <summary>When the sender wants to hear of a recipient (RFC 3461 §4.1).</summary>
[Flags]
public enum NotifyOn
{
    /// <summary>Not said: failures, and delays of our choosing.</summary>
    Default = 0,
    Never = 1,
    Success = 2,
    Failure = 4,
    Delay = 8,
}

/// <summary>One recipient of a message in transit.</summary>
/// <param name="Address">Where it goes.</param>
/// <param name="OriginalRecipient">ORCPT as given, or null.</param>
/// <param name="Notify">NOTIFY.</param>
public sealed record EnvelopeRecipient(MailAddress Address, string? OriginalRecipient = null, NotifyOn Notify = NotifyOn.Default);

/// <summary>Return path and recipients of one message in transit (RFC 5321 §2.3.1).</summary>
/// <param name="Sender">Where reports go.</param>
/// <param name="Recipients">At least one; a recipient is named by its place in this list.</param>
public sealed record Envelope(ReversePath Sender, IReadOnlyList<EnvelopeRecipient> Recipients)
{
    /// <summary>ENVID, or null.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>RET=FULL; else reports carry the header only.</summary>
    public bool ReturnFull { get; init; }

    /// <summary>BODY=8BITMIME was declared (RFC 6152).</summary>
    public bool Is8Bit { get; init; }
}
