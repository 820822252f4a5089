using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Courier.Net.Dns;
using Courier.Smtp.Client;

namespace Courier.Mta.Delivery.Remote;

/// <summary>Holds a certificate against TLSA records (RFC 7672 §3.1): DANE-EE(3) is about the key and nothing else, DANE-TA(2) about an
/// authority in the chain, with the usual rules for names and dates. The usages 0 and 1 are not for mail (§3.1.3).</summary>
internal static class DaneCheck
{
    private const int TrustAnchor = 2;
    private const int EndEntity = 3;

    // RFC 6698 §2.1.3.
    private const int Exact = 0;
    private const int Sha256 = 1;
    private const int Sha512 = 2;

    public static bool IsUsable(TlsaRecord record) =>
        record.Usage is TrustAnchor or EndEntity && record.Selector is 0 or 1 && record.MatchingType switch
        {
            Exact => record.Data.Length > 0,
            Sha256 => record.Data.Length == SHA256.HashSizeInBytes,
            Sha512 => record.Data.Length == SHA512.HashSizeInBytes,
            _ => false,
        };

    /// <param name="records">Usable ones, at least one.</param>
    /// <param name="names">Any of which a certificate under DANE-TA may have (RFC 7672 §3.2.3).</param>
    public static CertificateCheck For(IReadOnlyList<TlsaRecord> records, IReadOnlyList<string> names) => (certificate, chain, _) =>
    {
        foreach (var record in records)
        {
            if (record.Usage == EndEntity && Matches(record, certificate))
                return null;
        }

        var anchors = records.Where(record => record.Usage == TrustAnchor).ToList();
        if (anchors.Count == 0)
            return new CertificateProblem("validation-failure", "The certificate matches none of the TLSA records.");
        if (!IsBelow(anchors, certificate, chain))
            return new CertificateProblem("validation-failure", "The certificate comes from none of the authorities in the TLSA records.");
        return names.Any(name => CertificateTrust.IsFor(certificate, name))
            ? null
            : new CertificateProblem("certificate-host-mismatch", $"The certificate is not for {names[0]} but for {CertificateTrust.Names(certificate)}.");
    };

    private static bool Matches(TlsaRecord record, X509Certificate2 certificate)
    {
        var octets = record.Selector == 0 ? certificate.RawData : certificate.PublicKey.ExportSubjectPublicKeyInfo();
        return record.MatchingType switch
        {
            Sha256 => record.Data.Span.SequenceEqual(SHA256.HashData(octets)),
            Sha512 => record.Data.Span.SequenceEqual(SHA512.HashData(octets)),
            _ => record.Data.Span.SequenceEqual(octets),
        };
    }

    /// <summary>Builds the chain without asking who trusts its end, then looks for the anchor in it; everything up to there must be right.</summary>
    private static bool IsBelow(List<TlsaRecord> anchors, X509Certificate2 certificate, X509Chain given)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ExtraStore.AddRange(given.ChainPolicy.ExtraStore);
        foreach (var anchor in anchors.Where(anchor => anchor is { Selector: 0, MatchingType: Exact }))
            AddTo(chain, anchor);
        chain.Build(certificate);
        const X509ChainStatusFlags unknownEnd = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain;
        foreach (var element in chain.ChainElements)
        {
            if (Array.Exists(element.ChainElementStatus, status => (status.Status & ~unknownEnd) != X509ChainStatusFlags.NoError))
                return false;
            if (anchors.Exists(anchor => Matches(anchor, element.Certificate)))
                return true;
        }

        return false;
    }

    // A whole certificate in the record need not be sent by the server (RFC 7672 §3.1.2).
    private static void AddTo(X509Chain chain, TlsaRecord anchor)
    {
        try
        {
            chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(anchor.Data.Span));
        }
        catch (CryptographicException)
        {
            // No certificate: it will match nothing.
        }
    }
}
