using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Client;

/// <summary>A message to be sent.</summary>
/// <param name="Sender">MAIL FROM.</param>
/// <param name="Recipients">At least one.</param>
/// <param name="Trace">Header fields to put above the body; may be empty.</param>
/// <param name="Body">The message.</param>
/// <param name="Is8Bit">Octets above 127 may be in it (RFC 6152).</param>
public sealed record OutgoingMessage(
    ReversePath Sender, IReadOnlyList<OutgoingRecipient> Recipients, ReadOnlyMemory<byte> Trace, MessageBody Body, bool Is8Bit)
{
    /// <summary>ENVID in xtext, or null; sent where the server knows DSN (RFC 3461 §5.2.1).</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>REQUIRETLS (RFC 8689).</summary>
    public bool RequireTls { get; init; }

    /// <summary>Only over TLS with a certificate that was verified (Courier's XSECURITY).</summary>
    public bool SecureOnly { get; init; }

    /// <summary>Each recipient's copy is to have a return path that names the recipient (Courier's XVERP).</summary>
    public bool IsVerp { get; init; }

    /// <summary>MT-PRIORITY (RFC 6710).</summary>
    public int Priority { get; init; }

    /// <summary>BY, in what is left of the time (RFC 2852), or null.</summary>
    public Server.DeliveryTime? By { get; init; }

    /// <summary>Addresses and header may hold more than ASCII (RFC 6531).</summary>
    public bool IsUtf8 { get; init; }

    /// <summary>RET, likewise.</summary>
    public ReturnContent Return { get; init; }
}

/// <summary>One recipient of a message to be sent.</summary>
/// <param name="Address">RCPT TO.</param>
/// <param name="Notify">NOTIFY; sent where the server knows DSN.</param>
/// <param name="OriginalRecipient">ORCPT as it was given to us, or null; likewise.</param>
public sealed record OutgoingRecipient(MailAddress Address, NotifyOn Notify = NotifyOn.Default, string? OriginalRecipient = null);

/// <summary>What a client was about when something happened.</summary>
public enum SmtpStep
{
    Connect,
    Greeting,
    Hello,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    EndOfData,
}

/// <summary>How one recipient fared.</summary>
/// <param name="Step">The command that decided it.</param>
/// <param name="Reply">The server's answer; null when none came.</param>
/// <param name="Problem">Why none came; null when one did.</param>
public sealed record RecipientResult(SmtpStep Step, SmtpReply? Reply, string? Problem)
{
    /// <summary>We did not ask: the server offers not what the message needs, and the reply is what we make of that.</summary>
    public bool IsOurs { get; init; }

    /// <summary>The server has taken the message over for this recipient.</summary>
    public bool IsTaken => !IsOurs && Step == SmtpStep.EndOfData && Reply is { IsPositive: true };
}

/// <summary>How a message fared.</summary>
/// <param name="Recipients">One for each recipient, in order.</param>
/// <param name="IsUsable">Whether the connection may send another message.</param>
/// <param name="WasDataAnswered">Whether the server may have got the message: if not, it is safe to send it again at once.</param>
public sealed record SendResult(IReadOnlyList<RecipientResult> Recipients, bool IsUsable, bool WasDataAnswered)
{
    /// <summary>The server knows DSN (RFC 3461): what the sender wants to hear is its business now.</summary>
    public bool IsReportPassedOn { get; init; }

    /// <summary>The server knows DELIVERBY (RFC 2852).</summary>
    public bool KnowsTimes { get; init; }
}

/// <summary>A connection did not come as far as taking mail. Always a matter of trying again.</summary>
public sealed class SmtpConnectException(SmtpStep step, SmtpReply? reply, string message, Exception? inner = null) : IOException(message, inner)
{
    public SmtpStep Step { get; } = step;

    /// <summary>What the server said, if it spoke.</summary>
    public SmtpReply? Reply { get; } = reply;

    /// <summary>Why the server's certificate was not good enough, where that was it.</summary>
    public CertificateProblem? Certificate { get; init; }
}
