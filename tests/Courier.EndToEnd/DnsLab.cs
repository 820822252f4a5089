using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>A validating unbound on loopback with zones of our own: <c>signed.test</c> is signed and trusted, <c>plain.test</c> is not signed,
/// <c>bogus.test</c> was changed after it was signed.</summary>
internal sealed class DnsLab : IAsyncDisposable
{
    private readonly ScratchDirectory _scratch;
    private readonly Process _process;

    private DnsLab(ScratchDirectory scratch, Process process, int port) => (_scratch, _process, Port) = (scratch, process, port);

    public int Port { get; }

    /// <param name="records">Records of all three zones, relative to their names: <c>@ MX 10 mx</c>.</param>
    public static Task<DnsLab> StartAsync(params string[] records) => StartAsync(
        FreePorts.Next(), new Dictionary<string, string[]>(StringComparer.Ordinal) { ["signed"] = records, ["plain"] = records, ["bogus"] = records }, null);

    /// <param name="port">Of 127.0.0.1.</param>
    /// <param name="zones">Their records; all below <c>test</c>, all signed but <c>plain</c>.</param>
    /// <param name="network">Where it runs; null for the host's own.</param>
    public static async Task<DnsLab> StartAsync(int port, IReadOnlyDictionary<string, string[]> zones, Namespaces.NetworkNamespace? network)
    {
        var scratch = new ScratchDirectory();
        var configuration = $"""
            server:
              interface: 127.0.0.1
              port: {port}
              do-daemonize: no
              username: ""
              chroot: ""
              directory: "{scratch.Path}"
              pidfile: ""
              use-syslog: no
              verbosity: 0
              module-config: "validator iterator"
              domain-insecure: "plain.test"
              local-zone: "test." nodefault

            """;
        foreach (var (zone, records) in zones)
        {
            var file = await WriteZoneAsync(scratch, zone, records);
            if (zone != "plain")
                configuration += $"  trust-anchor-file: \"{zone}.key\"\n";
            configuration += $"auth-zone:\n  name: \"{zone}.test\"\n  zonefile: \"{file}\"\n  for-downstream: no\n  for-upstream: yes\n  fallback-enabled: no\nserver:\n";
        }

        var path = scratch.Write("unbound.conf", configuration + "remote-control:\n  control-enable: no\n");
        string[] command = [.. network?.Launcher ?? [], "unbound", "-c", path];
        var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var lab = new DnsLab(scratch, process, port);
        await Eventually.IsAsync("unbound answers", () => Answers(port, network));
        return lab;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _scratch.Dispose();
    }

    private static async Task<string> WriteZoneAsync(ScratchDirectory scratch, string zone, string[] records)
    {
        var text = $"$ORIGIN {zone}.test.\n$TTL 60\n@ SOA ns admin 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n{string.Join('\n', records)}\n";
        scratch.Write($"{zone}.zone", text);
        if (zone == "plain")
            return "plain.zone";
        // sh for the directory: the tools write where they stand.
        (await ExternalProgram.RunAsync(
            "/bin/sh", "-c", $"cd {scratch.Path} && K=$(ldns-keygen -a ECDSAP256SHA256 {zone}.test) && ldns-signzone -o {zone}.test -f {zone}.signed {zone}.zone $K && cp $K.key {zone}.key")).Checked();
        if (zone == "bogus")
            scratch.Write("bogus.signed", (await File.ReadAllTextAsync(scratch["bogus.signed"])).Replace("127.0.0.1", "127.0.0.2", StringComparison.Ordinal).Replace("\tMX\t10", "\tMX\t11", StringComparison.Ordinal));
        return $"{zone}.signed";
    }

    // A question for the root's name servers: whatever comes back, somebody answers.
    private static bool Answers(int port, Namespaces.NetworkNamespace? network)
    {
        using var socket = network?.Socket(SocketType.Dgram, ProtocolType.Udp) ?? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.ReceiveTimeout = 200;
        socket.Connect(System.Net.IPAddress.Loopback, port);
        byte[] query = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 5, .. "plain"u8, 4, .. "test"u8, 0, 0, 6, 0, 1];
        try
        {
            socket.Send(query);
            return socket.Receive(new byte[512]) > 12;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>What <c>TLSA</c> has for the key of a certificate file.</summary>
    public static string TlsaOf(string certificateFile)
    {
        using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(certificateFile);
        return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    public static string Port25(int port) => string.Create(CultureInfo.InvariantCulture, $"_{port}._tcp.mx");
}
