using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Courier.Net;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Client;

/// <summary>Why a certificate is not good enough.</summary>
/// <param name="Kind">The result type of RFC 8460 §4.3: <c>certificate-host-mismatch</c> and the like.</param>
/// <param name="Text">In words.</param>
public sealed record CertificateProblem(string Kind, string Text);

/// <summary>Looks at what a server presents; null when it will do.</summary>
/// <param name="certificate">The server's own.</param>
/// <param name="chain">What the platform built from it; <see cref="X509ChainPolicy.ExtraStore"/> has the others that the server sent.</param>
/// <param name="errors">What the platform finds wrong with it, by the name the connection was made for.</param>
public delegate CertificateProblem? CertificateCheck(X509Certificate2 certificate, X509Chain chain, SslPolicyErrors errors);

/// <summary>TLS on a client's connection: STARTTLS (RFC 3207) or at once.</summary>
internal sealed class TlsHandshake(string name, SmtpClientSettings settings)
{
    private static readonly IdnMapping _idn = new();

    /// <summary>What the check found, after a handshake that it ended.</summary>
    public CertificateProblem? Problem { get; private set; }

    /// <returns>Whether TLS is on.</returns>
    public async ValueTask<bool> StartAsync(ClientWire wire, SmtpReply? hello, Deadline deadline)
    {
        SmtpReply? reply = null;
        if (hello is not null && ServerExtensionsReader.Read(hello).HasFlag(ServerExtensions.StartTls))
        {
            deadline.Set(settings.Limits.GreetingTimeout);
            wire.Write("STARTTLS\r\n");
            await wire.FlushAsync(deadline.Token);
            reply = await wire.ReadReplyAsync(deadline.Token);
        }

        if (reply is { Code: 220 })
        {
            await RunAsync(wire, deadline);
            return true;
        }

        if (settings.Tls != TlsUse.Required)
            return false;
        throw new SmtpConnectException(SmtpStep.StartTls, reply, "TLS is required, and the server does not offer it.")
        {
            Certificate = new CertificateProblem("starttls-not-supported", "The server does not offer STARTTLS."),
        };
    }

    public async ValueTask RunAsync(ClientWire wire, Deadline deadline)
    {
        deadline.Set(settings.Limits.HandshakeTimeout);
        await wire.Connection.SecureAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = HostName(name),
#pragma warning disable CA5359 // Without a check TLS is opportunistic: see TlsUse. A check that falls back to no encryption protects nobody.
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTaken(wire, certificate, chain, errors),
#pragma warning restore CA5359
            },
            deadline.Token);
        settings.Transcript?.Invoke($"* TLS is on: {wire.Connection.TlsDescription}");
    }

    /// <summary>The name for SNI (RFC 6066 §3). None is sent for what the platform would throw at, as a label with a hyphen in front: whoever
    /// writes an MX record chooses the name, and TLS that is not verified needs none.</summary>
    private static string HostName(string name)
    {
        try
        {
            _ = _idn.GetAscii(name);
            return name;
        }
        catch (ArgumentException)
        {
            return "";
        }
    }

    private bool IsTaken(ClientWire wire, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        wire.HasGoodCertificate = settings.Check is null && errors == SslPolicyErrors.None;
        if (settings.Check is not { } check)
            return true;
        Problem = certificate is X509Certificate2 own && chain is not null
            ? check(own, chain, errors)
            : new CertificateProblem("certificate-not-trusted", "The server has no certificate.");
        wire.HasGoodCertificate = Problem is null;
        return wire.HasGoodCertificate;
    }
}
