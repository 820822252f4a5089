using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Net;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>What the session knows of the other side.</summary>
/// <param name="Connection">Addresses and TLS.</param>
/// <param name="HeloName">As given by EHLO, HELO or LHLO.</param>
/// <param name="IsExtended">EHLO or LHLO.</param>
/// <param name="User">Login name of an authenticated peer, or null.</param>
public sealed record SmtpPeer(Connection Connection, string HeloName, bool IsExtended, string? User);

/// <summary>The parameters of MAIL (RFC 5321 §4.1.1.2).</summary>
/// <param name="Sender">MAIL FROM.</param>
/// <param name="Size">SIZE (RFC 1870), or null.</param>
/// <param name="Is8Bit">BODY=8BITMIME (RFC 6152).</param>
public sealed record MailParameters(ReversePath Sender, long? Size, bool Is8Bit);

/// <summary>One message on its way in: from MAIL to end of data. RSET drops it.</summary>
public sealed class SmtpTransaction(SmtpPeer peer, MailParameters mail)
{
    public SmtpPeer Peer { get; } = peer;

    public MailParameters Mail { get; } = mail;

    /// <summary>Those that got a positive reply, in order.</summary>
    public List<MailAddress> Recipients { get; } = [];
}

/// <summary>The policy behind an SMTP or LMTP session. Every refusal is a returned reply; an exception becomes 451 or 421, never 5xx.</summary>
public interface IReception
{
    /// <summary>Login names and passwords; the answer is null when they are wrong.</summary>
    ValueTask<string?> AuthenticateAsync(string user, string password, CancellationToken ct);

    /// <summary>After MAIL.</summary>
    ValueTask<SmtpReply> BeginAsync(SmtpTransaction transaction, CancellationToken ct);

    /// <summary>After RCPT. The session adds the recipient when the reply is positive. <paramref name="recipient"/> is null
    /// for <c>&lt;Postmaster&gt;</c> without a domain (RFC 5321 §4.5.1): the reception says whom that means.</summary>
    /// <returns>The reply, and the address to keep.</returns>
    ValueTask<(SmtpReply Reply, MailAddress? Address)> AddRecipientAsync(SmtpTransaction transaction, MailAddress? recipient, CancellationToken ct);

    /// <summary>Where the message's bytes go while they arrive.</summary>
    MessageBuffer OpenBuffer();

    /// <summary>After end of data: keeps the message and says so. SMTP wants one reply; LMTP one for each recipient in order (RFC 2033 §4.2).
    /// The session disposes of the buffer afterwards.</summary>
    ValueTask<IReadOnlyList<SmtpReply>> AcceptAsync(SmtpTransaction transaction, MessageBuffer message, CancellationToken ct);
}
