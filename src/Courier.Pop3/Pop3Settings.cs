using System.Net.Security;
using Courier.Net;

namespace Courier.Pop3;

/// <summary>How a POP3 server behaves towards its clients. Immutable: a session keeps those it began with.</summary>
/// <param name="HostName">Our name in the greeting.</param>
public sealed record Pop3Settings(string HostName)
{
    /// <summary>Certificate and rules for STLS, asked for at each handshake; null offers no STLS.</summary>
    public Func<SslServerAuthenticationOptions>? Tls { get; init; }

    /// <summary>From where a password may be sent without TLS.</summary>
    public CleartextLogins CleartextLogins { get; init; } = CleartextLogins.Never;

    public Pop3Limits Limits { get; init; } = new();
}
