using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Courier.Tests.Mta.Remote;

/// <summary>An authority and certificates of it, for tests of who is believed.</summary>
internal sealed class TestAuthority
{
    private readonly X509Certificate2 _own;
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public TestAuthority(string name, TestAuthority? parent = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var made = parent is null
            ? request.CreateSelfSigned(_now.AddDays(-2), _now.AddDays(2))
            : request.Create(parent._own, _now.AddDays(-1.9), _now.AddDays(1.9), RandomNumberGenerator.GetBytes(8));
        using var withKey = parent is null ? null : made.CopyWithPrivateKey(key);
        _own = X509CertificateLoader.LoadPkcs12((withKey ?? made).Export(X509ContentType.Pfx), null);
    }

    public X509Certificate2 Certificate => X509CertificateLoader.LoadCertificate(_own.RawData);

    public X509Certificate2Collection Trust => [Certificate];

    /// <summary>A server certificate for the names; <paramref name="days"/> from now it ends, which may be in the past.</summary>
    public X509Certificate2 Issue(string[] names, double days = 1)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        using var issued = request.Create(_own, _now.AddDays(-1.5), _now.AddDays(days), RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
    }

    public static string Sha256OfKey(X509Certificate2 certificate) => Convert.ToHexString(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    public static string Sha256(X509Certificate2 certificate) => Convert.ToHexString(SHA256.HashData(certificate.RawData));
}
