using Courier.Mail.Addresses;
using Courier.Mail.Reports;

namespace Courier.Queue;

/// <summary>One recipient of a message in transit.</summary>
/// <param name="Address">Where it goes.</param>
/// <param name="OriginalRecipient">ORCPT as given, or null.</param>
/// <param name="Notify">NOTIFY.</param>
public sealed record EnvelopeRecipient(MailAddress Address, string? OriginalRecipient = null, NotifyOn Notify = NotifyOn.Default);

/// <summary>By which way a message came to us.</summary>
public enum MessageSource
{
    /// <summary>SMTP without a login: its return path may be anybody's.</summary>
    Smtp,

    /// <summary>SMTP with a login.</summary>
    Login,

    /// <summary>A program of this machine.</summary>
    Local,
}

/// <summary>Return path and recipients of one message in transit (RFC 5321 §2.3.1).</summary>
/// <param name="Sender">Where reports go.</param>
/// <param name="Recipients">At least one; a recipient is named by its place in this list.</param>
public sealed record Envelope(ReversePath Sender, IReadOnlyList<EnvelopeRecipient> Recipients)
{
    /// <summary>ENVID, or null.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>RET=FULL; else reports carry the header only.</summary>
    public bool ReturnFull { get; init; }

    /// <summary>RET=HDRS was said, and is passed on; without RET nothing is (RFC 3461 §5.2.1).</summary>
    public bool ReturnHeaders { get; init; }

    /// <summary>SMTPUTF8 was declared (RFC 6531): addresses and header may hold more than ASCII.</summary>
    public bool IsUtf8 { get; init; }

    /// <summary>By which way the message came; a report has that of the message it is about.</summary>
    public MessageSource Source { get; init; }

    /// <summary>A report of ours on the delivery of another message.</summary>
    public bool IsReport { get; init; }

    /// <summary>BODY=8BITMIME was declared (RFC 6152).</summary>
    public bool Is8Bit { get; init; }
}
