using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Courier.EndToEnd.Peers;
using Courier.Testing.Processes;

namespace Courier.EndToEnd.Namespaces;

/// <summary>A small internet in a namespace: a validating unbound with signed zones, our server as sender on 11.0.0.1, and next hops on addresses
/// of their own at port 25, found by MX. The sender is told nothing but its address.</summary>
/// <remarks>11.0.0.10: our server with a certificate of its own making. 11.0.0.20: our server with a certificate of the authority. 11.0.0.30:
/// HTTPS for MTA-STS policies. 11.0.0.40: Postfix, which knows no REQUIRETLS.</remarks>
public sealed class MailNetwork : IAsyncLifetime
{
    private static readonly Dictionary<string, int> SmtpAlone = new(StringComparer.Ordinal) { ["smtp"] = 25 };

    private readonly ScratchDirectory _scratch = new();
    private readonly List<IAsyncDisposable> _parts = [];
    private Process? _policies;

    internal NetworkNamespace Network { get; private set; } = null!;

    internal ServerProcess Sender { get; private set; } = null!;

    /// <summary>Servers of ours that take mail: the one with its own certificate, the one of the authority.</summary>
    internal ServerProcess Plain { get; private set; } = null!;

    internal ServerProcess Certified { get; private set; } = null!;

    internal PeerServer Postfix { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (NetworkNamespace.MissingReason is not null)
            return;
        Network = await NetworkNamespace.CreateAsync(["11.0.0.1/8", "11.0.0.10/8", "11.0.0.20/8", "11.0.0.30/8", "11.0.0.40/8"], "127.0.0.1");
        _parts.Add(Network);
        await MakeCertificatesAsync();
        Plain = await ReceiverAsync("11.0.0.10", "dane", "wrong", "plain", "testing");
        Certified = await ReceiverAsync("11.0.0.20", "sts", "othermx");
        Postfix = await PeerServer.StartAsync("postfix", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ADDRESS"] = "11.0.0.40",
            ["PORT"] = "25",
            ["OURS"] = "1",
            ["SUBMISSION"] = "1",
            ["FAR"] = "1",
            ["LOGIN"] = "x",
            ["PASSWORD"] = "x",
        }, Network.Launcher);
        _parts.Add(Postfix);
        _parts.Add(await DnsLab.StartAsync(53, Zones(), Network));
        StartPolicies();
        var options = new ServerOptions
        {
            Address = "11.0.0.1",
            Ports = SmtpAlone,
            Launcher = Network.Launcher,
            // For the mail servers and for the web server with the policies.
            Extra = [("relay", "networks = 11.0.0.1"), ("relay", $"trusted_certificates = {_scratch["ca.pem"]}"), ("tls", $"certificate = {_scratch["sts.pem"]}"), ("tls", $"key = {_scratch["sts.key"]}")],
        };
        Sender = await ServerProcess.StartAsync(options, "demo");
        _parts.Add(Sender);
    }

    public async Task DisposeAsync()
    {
        if (_policies is { HasExited: false })
            _policies.Kill();
        _policies?.Dispose();
        if (Sender is not null)
            await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(Postfix.LogFile)!, "sender"), $"{Sender.Log}\n{(await Sender.CommandAsync("trace-smtp", "sts.test")).Output}");
        foreach (var part in Enumerable.Reverse(_parts))
            await part.DisposeAsync();
        _scratch.Dispose();
    }

    /// <summary>Hands a message to the sender, over TLS.</summary>
    internal async Task SendAsync(string subject, string to, string parameters = "")
    {
        await using var client = await SmtpProbe.ConnectAsync(Network.Socket(SocketType.Stream, ProtocolType.Tcp), new IPEndPoint(IPAddress.Parse("11.0.0.1"), 25));
        await client.StartTlsAsync();
        await client.SendAsync($"<demo@example.test> {parameters}".TrimEnd(), $"<{to}>", $"From: <demo@example.test>\r\nTo: <{to}>\r\nSubject: {subject}\r\n\r\nhello\r\n");
    }

    internal static string MailOf(ServerProcess server) => Path.Combine(server.StateDirectory, "mail");

    private async Task<ServerProcess> ReceiverAsync(string address, params string[] domains)
    {
        var options = new ServerOptions
        {
            Domain = domains[0] + ".test",
            Address = address,
            Ports = SmtpAlone,
            Launcher = Network.Launcher,
            Extra = address == "11.0.0.20" ? [("tls", $"certificate = {_scratch["sts.pem"]}"), ("tls", $"key = {_scratch["sts.key"]}")] : [],
        };
        var server = await ServerProcess.PrepareAsync(options, "demo");
        _parts.Add(server);
        foreach (var domain in domains.Skip(1))
        {
            (await server.CommandAsync("domain", "add", domain + ".test")).Checked();
            (await server.CommandAsync("account", "add", $"demo@{domain}.test", "--password", "demo")).Checked();
        }

        await server.StartAsync();
        return server;
    }

    private Dictionary<string, string[]> Zones()
    {
        var own = DnsLab.TlsaOf(Path.Combine(Plain.StateDirectory, "tls", "certificate.pem"));
        var postfix = DnsLab.TlsaOf(Path.Combine(Path.GetDirectoryName(Postfix.Maildirs)!, "tls", "server.pem"));
        string[] sts = ["_mta-sts TXT \"v=STSv1; id=1;\"", "mta-sts A 11.0.0.30"];
        return new(StringComparer.Ordinal)
        {
            ["dane"] = ["@ MX 10 mx", "mx A 11.0.0.10", $"_25._tcp.mx TLSA 3 1 1 {own}"],
            ["wrong"] = ["@ MX 10 mx", "mx A 11.0.0.10", $"_25._tcp.mx TLSA 3 1 1 {new string('0', 64)}"],
            ["postfix"] = ["@ MX 10 mx", "mx A 11.0.0.40", $"_25._tcp.mx TLSA 3 1 1 {postfix}"],
            ["plain"] = ["@ MX 10 mx", "mx A 11.0.0.10"],
            ["sts"] = ["@ MX 10 mx", "mx A 11.0.0.20", .. sts],
            // The policy names another exchanger than the zone does.
            ["othermx"] = ["@ MX 10 mx.sts.test.", .. sts],
            // The policy is right, the certificate of the exchanger is not of the authority.
            ["owncert"] = ["@ MX 10 mx", "mx A 11.0.0.10", .. sts],
            ["testing"] = ["@ MX 10 mx", "mx A 11.0.0.10", .. sts],
        };
    }

    private void StartPolicies()
    {
        foreach (var (domain, mode, exchanger) in new[] { ("sts", "enforce", "mx.sts.test"), ("othermx", "enforce", "mx.othermx.test"), ("owncert", "enforce", "mx.owncert.test"), ("testing", "testing", "mx.nobody.test") })
            _scratch.Write(Path.Combine("policies", $"mta-sts.{domain}.test"), $"version: STSv1\r\nmode: {mode}\r\nmx: {exchanger}\r\nmax_age: 86400\r\n");
        string[] command = [.. Network.Launcher, "python3", Path.Combine(RepositoryPaths.Root, "tests", "Courier.EndToEnd", "scripts", "sts_policies.py"), "11.0.0.30", _scratch["policies"], _scratch["web.pem"], _scratch["web.key"]];
        _policies = Process.Start(new ProcessStartInfo(command[0], command[1..])) ?? throw new InvalidOperationException("no server for policies");
    }

    private async Task MakeCertificatesAsync()
    {
        const string Key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30";
        await ShellAsync($"openssl req -x509 {Key} -subj /CN=authority -keyout ca.key -out ca.pem");
        var policyHosts = string.Join(',', new[] { "sts", "othermx", "owncert", "testing" }.Select(domain => $"DNS:mta-sts.{domain}.test"));
        foreach (var (name, names) in new[] { ("sts", "DNS:mx.sts.test"), ("web", policyHosts) })
            await ShellAsync($"openssl req -x509 {Key} -CA ca.pem -CAkey ca.key -subj /CN={name} -addext subjectAltName={names} -addext basicConstraints=critical,CA:FALSE -keyout {name}.key -out {name}.pem");
    }

    private async Task ShellAsync(string command) => (await ExternalProgram.RunAsync("/bin/sh", "-c", $"cd {_scratch.Path} && {command}")).Checked();
}
