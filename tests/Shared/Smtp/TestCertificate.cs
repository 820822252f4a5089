using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Courier.Tests.Shared.Smtp;

/// <summary>A self-signed certificate, made once.</summary>
public static class TestCertificate
{
    private static readonly Lazy<X509Certificate2> _certificate = new(Make);

    public static SslServerAuthenticationOptions Server() => new() { ServerCertificate = _certificate.Value };

    /// <summary>Trusts that certificate, and no other.</summary>
    public static SslClientAuthenticationOptions Client { get; } = new()
    {
        TargetHost = "mail.example.test",
        RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.GetCertHashString() == _certificate.Value.GetCertHashString(),
    };

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mail.example.test", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), password: null);
    }
}
