using System.Net.Security;
using Courier.Net;

namespace Courier.Imap;

/// <summary>How the IMAP service behaves; immutable, a session keeps the one it began with.</summary>
public sealed record ImapSettings
{
    /// <summary>Where large messages that are being appended wait, until they are complete.</summary>
    public required string SpillDirectory { get; init; }

    /// <summary>Whether LOGIN and AUTHENTICATE work before TLS (RFC 3501 §6.2.3, LOGINDISABLED).</summary>
    public CleartextLogins CleartextLogins { get; init; } = CleartextLogins.Never;

    /// <summary>Certificate for STARTTLS, asked for at each handshake; null: STARTTLS is not offered.</summary>
    public Func<SslServerAuthenticationOptions>? StartTls { get; init; }

    /// <summary>Whether folders are named <c>INBOX.Sent</c>, as Courier names them, or <c>Sent</c> (RFC 2342).</summary>
    public bool HasFolderPrefix { get; init; } = true;

    /// <summary>Name of the file in a Maildir that takes transcripts of its sessions; null: there are none.</summary>
    public string? TranscriptFile { get; init; }

    public ImapLimits Limits { get; init; } = new();
}
