using Courier.Mail.Addresses;
using Courier.Mail.Reports;

namespace Courier.Queue;

/// <summary>One recipient of a message in transit.</summary>
/// <param name="Address">Where it goes.</param>
/// <param name="OriginalRecipient">ORCPT as given, or null.</param>
/// <param name="Notify">NOTIFY.</param>
public sealed record EnvelopeRecipient(MailAddress Address, string? OriginalRecipient = null, NotifyOn Notify = NotifyOn.Default);

/// <summary>BY of MAIL: a time, and what happens then (RFC 2852 §4).</summary>
/// <param name="Time">When the time is up.</param>
/// <param name="IsReturned">R: it is returned then. N: the sender is told, and it is tried on.</param>
/// <param name="IsTraced">T: each server that hands it on reports that.</param>
public sealed record DeliverBy(DateTimeOffset Time, bool IsReturned, bool IsTraced);

/// <summary>By which way a message came to us.</summary>
public enum MessageSource
{
    /// <summary>SMTP from a stranger: its return path may be anybody's.</summary>
    Smtp,

    /// <summary>SMTP with a login, or from a peer that may relay by its address.</summary>
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

    /// <summary>Not tried before then (RFC 4865), or null.</summary>
    public DateTimeOffset? HoldUntil { get; init; }

    /// <summary>When it is to be delivered (RFC 2852), or null.</summary>
    public DeliverBy? DeliverBy { get; init; }

    /// <summary>−9 to 9, the more the sooner (RFC 6710).</summary>
    public int Priority { get; init; }

    /// <summary>REQUIRETLS: only to servers that promise the same, over TLS with a certificate that was verified (RFC 8689).</summary>
    public bool RequireTls { get; init; }

    /// <summary>SECURITY=STARTTLS: only over TLS with a certificate that was verified (Courier's XSECURITY).</summary>
    public bool SecureOnly { get; init; }

    /// <summary>Each recipient's copy leaves under a return path that names the recipient (Courier's XVERP).</summary>
    public bool IsVerp { get; init; }

    /// <summary>The header says that it may travel without TLS, whatever the destination published (TLS-Required: No, RFC 8689 §3).</summary>
    public bool TlsIsOptional { get; init; }

    /// <summary>SMTPUTF8 was declared (RFC 6531): addresses and header may hold more than ASCII.</summary>
    public bool IsUtf8 { get; init; }

    /// <summary>By which way the message came; a report has that of the message it is about.</summary>
    public MessageSource Source { get; init; }

    /// <summary>A report of ours on the delivery of another message.</summary>
    public bool IsReport { get; init; }

    /// <summary>BODY=8BITMIME was declared (RFC 6152).</summary>
    public bool Is8Bit { get; init; }
}
