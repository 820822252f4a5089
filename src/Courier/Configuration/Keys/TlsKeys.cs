using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on our certificate.</summary>
internal static class TlsKeys
{
    internal static readonly Setting<string> Certificate = new("tls", "certificate", Types.Path, null, "PEM file with the certificate and its chain. Without it one is made and signed by itself; `none` turns TLS off.");
    internal static readonly Setting<string> CertificateKey = new("tls", "key", Types.Path, null, "PEM file with the private key. Default: the certificate's file.");

    internal static IReadOnlyList<Setting> All => [Certificate, CertificateKey];
}
