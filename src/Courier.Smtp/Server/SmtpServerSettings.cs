using System.Net;
using System.Net.Security;
using Courier.Net;

namespace Courier.Smtp.Server;

/// <summary>What a listener is for.</summary>
public enum SmtpRole
{
    /// <summary>Mail from other servers (RFC 5321).</summary>
    Relay,

    /// <summary>Mail from users' programs (RFC 6409).</summary>
    Submission,

    /// <summary>Delivery by another server of ours (RFC 2033): one answer for each recipient.</summary>
    Lmtp,
}

/// <summary>How an SMTP or LMTP server behaves towards its peers. Immutable: a session keeps those it began with.</summary>
/// <param name="HostName">Our name in greeting and EHLO.</param>
/// <param name="Role">What the listener is for.</param>
public sealed record SmtpServerSettings(string HostName, SmtpRole Role)
{
    /// <summary>Certificate and rules for STARTTLS, asked for at each handshake; null offers no STARTTLS.</summary>
    public Func<SslServerAuthenticationOptions>? Tls { get; init; }

    /// <summary>MAIL and AUTH are refused with 530 until TLS is on (RFC 3207 §4).</summary>
    public bool TlsRequired { get; init; }

    /// <summary>AUTH is offered, where it is allowed.</summary>
    public bool AuthOffered { get; init; } = Role == SmtpRole.Submission;

    /// <summary>MAIL is refused with 530 until a login succeeded (RFC 6409 §4.3). Implies <see cref="AuthOffered"/>.</summary>
    public bool AuthRequired { get; init; } = Role == SmtpRole.Submission;

    /// <summary>Whether AUTH is offered without TLS.</summary>
    public CleartextLogins CleartextLogins { get; init; } = CleartextLogins.Never;

    /// <summary>What EHLO offers and MAIL and RCPT may ask for.</summary>
    public SmtpExtensions Offered { get; init; } = OfferedBy(Role);

    /// <summary>Peers that may say XCLIENT: whom they name is treated as if it had connected itself.</summary>
    public IReadOnlyList<IPNetwork> XClientPeers { get; init; } = [];

    /// <summary>Peers that may say XFORWARD.</summary>
    public IReadOnlyList<IPNetwork> XForwardPeers { get; init; } = [];

    /// <summary>What stands behind 220; null for our name and the protocol. Several lines are separated by LF.</summary>
    public string? Greeting { get; init; }

    /// <summary>What paths without a domain get in MAIL and RCPT; null refuses them.</summary>
    public string? PathDomain { get; init; }

    public SmtpLimits Limits { get; init; } = new();

    /// <summary>What a listener offers unless it is told otherwise. LMTP answers for each recipient itself and keeps nothing: reports, times
    /// and queues are left to the client.</summary>
    public static SmtpExtensions OfferedBy(SmtpRole role) => role switch
    {
        SmtpRole.Lmtp => EveryRole,
        SmtpRole.Submission => EveryRole | Queueing | SmtpExtensions.FutureRelease,
        _ => EveryRole | Queueing | SmtpExtensions.Etrn,
    };

    private const SmtpExtensions EveryRole = SmtpExtensions.Chunking | SmtpExtensions.BinaryMime | SmtpExtensions.Utf8 | SmtpExtensions.Limits;

    private const SmtpExtensions Queueing =
        SmtpExtensions.Dsn | SmtpExtensions.RequireTls | SmtpExtensions.Security | SmtpExtensions.DeliverBy | SmtpExtensions.Priority
        | SmtpExtensions.Verp | SmtpExtensions.ExtendedData;

    internal Replies.SmtpReply Welcome => Greeting is { } text ? new(220, null, text) : Replies.Reply.Greeting(HostName, Role == SmtpRole.Lmtp);

    internal bool HasAuth => AuthOffered || AuthRequired;
}
