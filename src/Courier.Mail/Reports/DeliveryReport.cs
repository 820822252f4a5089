using Courier.Mail.Addresses;

namespace Courier.Mail.Reports;

/// <summary>What became of one recipient (RFC 3464 §2.3.3).</summary>
public enum DeliveryAction
{
    Failed,
    Delayed,
    Delivered,
    Relayed,
    Expanded,
}

/// <summary>The per-recipient fields of a report (RFC 3464 §2.3).</summary>
/// <param name="Recipient">The final recipient.</param>
/// <param name="OriginalRecipient">ORCPT as given, <c>rfc822;Bob+2Bx@example.org</c> (RFC 3461 §4.2), or null.</param>
/// <param name="Action">What happened.</param>
/// <param name="Status">Enhanced code as <c>5.1.1</c> (RFC 3463).</param>
/// <param name="RemoteServer">Host that said so, or null.</param>
/// <param name="Diagnostic">Its reply as sent, <c>550 5.1.1 No such user</c>, or null.</param>
/// <param name="LastAttempt">When it was last tried.</param>
public sealed record RecipientReport(
    MailAddress Recipient, string? OriginalRecipient, DeliveryAction Action, string Status, string? RemoteServer, string? Diagnostic, DateTimeOffset LastAttempt)
{
    /// <summary>For one that is delayed: when we give up (RFC 3464 §2.3.9).</summary>
    public DateTimeOffset? WillRetryUntil { get; init; }
}

/// <summary>Everything a delivery status notification says (RFC 3461, RFC 3464).</summary>
/// <param name="ReportingServer">Our host name.</param>
/// <param name="Sender">Who gets the report; never the null path.</param>
/// <param name="EnvelopeId">ENVID as given, in xtext (RFC 3461 §4.4), or null.</param>
/// <param name="Arrival">When we accepted the message.</param>
/// <param name="Recipients">At least one.</param>
/// <param name="Original">The message reported on.</param>
/// <param name="FullOriginal">True returns the whole message, false its header (RFC 3461 §4.3).</param>
public sealed record DeliveryReport(
    string ReportingServer, MailAddress Sender, string? EnvelopeId, DateTimeOffset Arrival, IReadOnlyList<RecipientReport> Recipients, ReadOnlyMemory<byte> Original, bool FullOriginal)
{
    /// <summary>The operator's words, where there are any.</summary>
    public ReportWords Words { get; init; } = new();

    /// <summary>Where the message came from, or null.</summary>
    public string? ReceivedFrom { get; init; }

    /// <summary>The message came with SMTPUTF8: the report may hold UTF-8, and is sent with SMTPUTF8 itself (RFC 6533 §3, §4).</summary>
    public bool IsGlobal { get; init; }

    /// <summary>The report as a message with CRLF lines: multipart/report with text, message/delivery-status and the original
    /// (RFC 3462, RFC 3464). <paramref name="messageId"/> has no angle brackets.</summary>
    /// <remarks>It is to be sent from the null path (RFC 3461 §6.1), which is its caller's business. The original stays 8-bit where
    /// it is so: its header alone goes as quoted-printable, the whole message as it came.</remarks>
    public byte[] ToMessage(string messageId, DateTimeOffset date) =>
        new ReportWriter(this).Write(messageId, date);
}
