using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Net;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Server;

/// <summary>The policy behind an SMTP or LMTP session. Every refusal is a returned reply; an exception becomes 451 or 421, never 5xx.</summary>
public interface IReception
{
    /// <summary>Before the greeting, and again when a trusted peer speaks for another.</summary>
    ValueTask<SessionTerms> WelcomeAsync(Connection connection, CancellationToken ct) => new(SessionTerms.Usual);

    /// <summary>Login names and passwords; the answer is null when they are wrong.</summary>
    ValueTask<string?> AuthenticateAsync(string user, string password, CancellationToken ct);

    /// <summary>After MAIL.</summary>
    ValueTask<SmtpReply> BeginAsync(SmtpTransaction transaction, CancellationToken ct);

    /// <summary>After RCPT. The session adds the recipient when the reply is positive. <paramref name="recipient"/> is null
    /// for <c>&lt;Postmaster&gt;</c> without a domain (RFC 5321 §4.5.1): the reception says whom that means.</summary>
    /// <returns>The reply, and the address to keep.</returns>
    ValueTask<(SmtpReply Reply, MailAddress? Address)> AddRecipientAsync(SmtpTransaction transaction, MailAddress? recipient, CancellationToken ct);

    /// <summary>After VRFY or EXPN (RFC 5321 §3.5).</summary>
    ValueTask<SmtpReply> VerifyAsync(SmtpPeer peer, MailAddress address, bool expands, CancellationToken ct) =>
        new(expands ? Reply.NotImplemented : Reply.CannotVerify);

    /// <summary>After ETRN (RFC 1985): sends what waits for a domain; null for what is no domain name.</summary>
    ValueTask<SmtpReply> FlushAsync(SmtpPeer peer, string? domain, CancellationToken ct);

    /// <summary>Where the message's bytes go while they arrive.</summary>
    MessageBuffer OpenBuffer();

    /// <summary>After end of data: keeps the message and says so. SMTP wants one reply; LMTP one for each recipient in order (RFC 2033 §4.2),
    /// and so may be answered where the client wants that (<see cref="MailParameters.WantsEachReply"/>).
    /// The session disposes of the buffer afterwards.</summary>
    ValueTask<IReadOnlyList<SmtpReply>> AcceptAsync(SmtpTransaction transaction, MessageBuffer message, CancellationToken ct);
}
