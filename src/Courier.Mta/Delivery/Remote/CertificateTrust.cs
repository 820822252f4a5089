using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Courier.Smtp.Client;

namespace Courier.Mta.Delivery.Remote;

/// <summary>Verifies certificates by authorities and names (RFC 5280, RFC 6125): against the system's authorities or those of a file.</summary>
/// <param name="roots">Null for the system's.</param>
public sealed class CertificateTrust(X509Certificate2Collection? roots = null)
{
    public CertificateCheck ForHost(string name) => (certificate, chain, errors) =>
        !IsFor(certificate, name)
            ? new CertificateProblem("certificate-host-mismatch", $"The certificate is not for {name} but for {Names(certificate)}.")
            : roots is null ? OfSystem(chain, errors) : OfFile(certificate, chain);

    /// <summary>Whether a certificate has the name. None has one that hosts cannot have.</summary>
    internal static bool IsFor(X509Certificate2 certificate, string name)
    {
        try
        {
            return certificate.MatchesHostname(name);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    internal static string Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension => extension.EnumerateDnsNames()).Take(5).ToList();
        return names.Count > 0 ? string.Join(", ", names) : certificate.Subject;
    }

    private static CertificateProblem? OfSystem(X509Chain chain, SslPolicyErrors errors) =>
        (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None ? null : Describe(chain);

    private CertificateProblem? OfFile(X509Certificate2 certificate, X509Chain given)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots!);
        chain.ChainPolicy.ExtraStore.AddRange(given.ChainPolicy.ExtraStore);
        // Mail servers do not answer for others' revocation lists, and asking for them would let those stop our mail.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate) ? null : Describe(chain);
    }

    private static CertificateProblem Describe(X509Chain chain)
    {
        var all = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
        return all.HasFlag(X509ChainStatusFlags.NotTimeValid)
            ? new CertificateProblem("certificate-expired", "The certificate has expired or does not hold yet.")
            : new CertificateProblem("certificate-not-trusted", $"The certificate is of no authority that is trusted here ({all}).");
    }
}
