using System.Net;
using Courier.Net;

namespace Courier.Smtp.Client;

/// <summary>Whether a client encrypts. Certificates are verified only where <see cref="SmtpClientSettings.Check"/> says how: where nothing
/// tells that a server must have one, TLS keeps out those who only listen (RFC 7435), and the alternative would be no TLS at all.</summary>
public enum TlsUse
{
    Never,

    /// <summary>STARTTLS where it is offered; in the clear where it is not, or where the handshake fails.</summary>
    WhenOffered,

    /// <summary>No TLS, no mail.</summary>
    Required,

    /// <summary>TLS from the first byte (RFC 8314 §3.3).</summary>
    Implicit,
}

/// <summary>How we send.</summary>
/// <param name="HostName">Our name in EHLO.</param>
public sealed record SmtpClientSettings(string HostName)
{
    /// <summary>Our name by the address that the connection goes out from; null is always <see cref="HostName"/>.</summary>
    public Func<IPAddress, CancellationToken, ValueTask<string>>? NameFor { get; init; }

    /// <summary>Speaks LMTP (RFC 2033): LHLO, and an answer for each recipient after the message.</summary>
    public bool IsLmtp { get; init; }

    public TlsUse Tls { get; init; } = TlsUse.WhenOffered;

    /// <summary>What the server's certificate must be; null takes any. With one, a failed handshake never ends in the clear.</summary>
    public CertificateCheck? Check { get; init; }

    /// <summary>Whom we log in as; null does not log in.</summary>
    public SmtpCredentials? Credentials { get; init; }

    /// <summary>Sends in chunks (BDAT, RFC 3030) where the server takes those.</summary>
    public bool UsesChunking { get; init; } = true;

    /// <summary>Gets every line of the dialogue, ours after <c>&gt;</c>, theirs after <c>&lt;</c>; secrets are left out.</summary>
    public Action<string>? Transcript { get; init; }

    public SmtpClientLimits Limits { get; init; } = new();

    /// <summary>The addresses we connect from; null leaves them to the system.</summary>
    public SourceAddresses? Sources { get; init; }
}

/// <summary>How long each step may take, and how much an answer may say.</summary>
public sealed record SmtpClientLimits
{
    /// <summary>TCP, over all addresses of the host.</summary>
    /// <remarks>Two retransmissions of a SYN take 7 seconds; what has not answered after four (31 s) is down.</remarks>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>RFC 5321 §4.5.3.2.1; EHLO, for which it names none, likewise.</summary>
    public TimeSpan GreetingTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A few round trips and one signature, with room for slow lines.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>RFC 5321 §4.5.3.2.2.</summary>
    public TimeSpan MailTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>RFC 5321 §4.5.3.2.3.</summary>
    public TimeSpan RcptTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>RFC 5321 §4.5.3.2.4.</summary>
    public TimeSpan DataTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>RFC 5321 §4.5.3.2.5.</summary>
    public TimeSpan BlockTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>RFC 5321 §4.5.3.2.6.</summary>
    public TimeSpan EndTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The mail is through already: QUIT is a courtesy, and not worth waiting for.</summary>
    public TimeSpan QuitTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest line of a reply.</summary>
    /// <remarks>RFC 5321 §4.5.3.1.5 allows 512; servers that explain themselves take more.</remarks>
    public int ReplyLineBytes { get; init; } = 2048;

    /// <summary>Lines of one reply.</summary>
    /// <remarks>EHLO replies have one for each extension; some 60 are registered.</remarks>
    public int ReplyLines { get; init; } = 128;

    /// <summary>Commands written before their replies are read.</summary>
    /// <remarks>RFC 2920 §3.1: unread replies must fit the windows of TCP, or both sides wait for ever. 100 are under 10 KB each way.</remarks>
    public int RecipientsPerWrite { get; init; } = 100;
}
