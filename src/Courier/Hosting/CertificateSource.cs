using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.IO.Files;

namespace Courier.Hosting;

/// <summary>The certificate of this server: from PEM files, or one of our own making that is kept in the state directory.</summary>
internal static class CertificateSource
{
    /// <summary>RFC 5280 sets no bound; a self-signed one is pinned by its users, so it should outlive the machine.</summary>
    private const int SelfSignedYears = 10;

    /// <summary>What the settings say; null where TLS is off.</summary>
    internal static Func<SslServerAuthenticationOptions>? Of(Settings settings, TimeProvider clock)
    {
        var certificate = settings.Defaults.Get(TlsKeys.Certificate);
        if (certificate == "none")
            return null;
        var key = settings.Defaults.Get(TlsKeys.CertificateKey);
        if (certificate is null)
            (certificate, key) = EnsureSelfSigned(Path.Combine(Stores.StateDirectory(settings), "tls"), Stores.HostName(settings.Defaults), clock);
        var options = Open(certificate, key ?? certificate);
        return () => options;
    }

    /// <summary>Options for <see cref="SslStream"/>, shared by all connections.</summary>
    internal static SslServerAuthenticationOptions Open(string certificateFile, string keyFile)
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        // A PEM key is ephemeral; the TLS stack wants one that was imported as a whole.
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificateFile);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            // RFC 8996: TLS 1.0 and 1.1 are no more.
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = false,
        };
    }

    /// <summary>Makes certificate and key once; returns their paths.</summary>
    internal static (string Certificate, string Key) EnsureSelfSigned(string directory, string hostName, TimeProvider clock)
    {
        var (certificateFile, keyFile) = (Path.Combine(directory, "certificate.pem"), Path.Combine(directory, "key.pem"));
        if (File.Exists(certificateFile) && File.Exists(keyFile))
            return (certificateFile, keyFile);
        Directory.CreateDirectory(directory);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={hostName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(hostName);
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        var now = clock.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(SelfSignedYears));
        DurableFile.Replace(keyFile, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        DurableFile.Replace(certificateFile, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));
        return (certificateFile, keyFile);
    }
}
