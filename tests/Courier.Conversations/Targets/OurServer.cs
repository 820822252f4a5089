using System.Collections.Concurrent;
using System.Net;
using Courier.Conversations.Language;
using Courier.Faults.Server;
using Courier.Testing.Processes;

namespace Courier.Conversations.Targets;

/// <summary>Our own server with temporary state, started once for all scripts (and once more per set of settings that a script asks for).</summary>
/// <remarks>Every script gets accounts of its own, named after its file, so that scripts can run beside each other.</remarks>
public sealed class OurServer : ITarget
{
    private const string Domain = "example.test";
    private const string Password = "correct horse";

    // crypt(3) of the password: the cheap kind, since hashing is not what the conversations test.
    private const string Hash = "$1$convsalt$M89z423N5Pw49xGPIegNw/";

    // What the conversations need beside the defaults. Small limits make their tests cheap.
    private static readonly Dictionary<string, string> Settings = new(StringComparer.Ordinal)
    {
        ["default"] = """
            [accounts]
            default_domain = example.test
            postmaster = postmaster@example.test
            cleartext_logins = loopback
            [relay]
            hold = yes
            [limits]
            message_size = 1MiB
            """,
        ["no-prefix"] = """
            [accounts]
            default_domain = example.test
            postmaster = postmaster@example.test
            cleartext_logins = loopback
            [relay]
            hold = yes
            [imap]
            folder_prefix = none
            """,
        ["message-limit"] = """
            [accounts]
            default_domain = example.test
            postmaster = postmaster@example.test
            cleartext_logins = loopback
            [relay]
            hold = yes
            [imap]
            message_limit = 3
            """,
        ["save-limit"] = """
            [accounts]
            default_domain = example.test
            postmaster = postmaster@example.test
            cleartext_logins = loopback
            [relay]
            hold = yes
            [imap]
            save_limit = 2
            """,
        ["strict"] = """
            [accounts]
            default_domain = example.test
            postmaster = postmaster@example.test
            cleartext_logins = never
            [relay]
            hold = yes
            [limits]
            message_size = 1MiB
            """,
        // Hands mail on, for everybody on this machine. One retry every second, so that a script may refuse first.
        ["relaying"] = """
            [accounts]
            default_domain = example.test
            postmaster = postmaster@example.test
            cleartext_logins = loopback
            [queue]
            retry_first = 1s
            retry_doublings = 0
            retry_round_wait = 1s
            [limits]
            message_size = 1MiB
            [relay]
            networks = 127.0.0.0/8
            """,
        // Believes its peers: a client on this machine may speak for others.
        ["believing"] = """
            [accounts]
            default_domain = example.test
            cleartext_logins = always
            [smtp]
            proxy_protocol = yes
            [submissions]
            proxy_protocol = yes
            [proxies]
            networks = 127.0.0.1
            xclient = 127.0.0.1, 192.0.2.99
            xforward = 127.0.0.1
            [relay]
            networks = 192.0.2.7
            hold = yes
            [extensions @ listener smtp]
            withhold = DSN
            """,
    };

    private readonly Dictionary<string, int> _hops =
        ScriptFiles.All.Where(script => script.HasHop).ToDictionary(script => script.Path, _ => FreePorts.Next(), StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, Lazy<Task<CourierServer>>> _servers = new(StringComparer.Ordinal);

    public string? SkipReason(Script script) => null;

    /// <summary>Asked only while a script holds its reservation, so that server runs already.</summary>
    public IPEndPoint Endpoint(string server, string service) => new(IPAddress.Loopback, _servers[server].Value.GetAwaiter().GetResult().Port(service));

    public IPEndPoint Hop(Script script) => new(IPAddress.Loopback, _hops[script.Path]);

    public async Task<Reservation> ReserveAsync(Script script, CancellationToken ct)
    {
        var server = await _servers.GetOrAdd(script.Server, name => new(() => StartAsync(name))).Value;
        var people = script.FurtherAccounts.Prepend("demo").Select(name =>
        {
            var address = Address(script, name);
            return new Person(name, address, Password, address, server.MaildirOf(address));
        });
        return new([.. people], () => { });
    }

    private static string Address(Script script, string name) =>
        $"{Path.GetFileNameWithoutExtension(script.Path)}-{script.Protocol}{(name == "demo" ? "" : "-" + name)}@{Domain}".ToLowerInvariant();

    private async Task<CourierServer> StartAsync(string name)
    {
        var routes = ScriptFiles.All.Where(script => script.HasHop && script.Server == name).Select(script => $"\n[relay]\nroute.{script.HopDomain} = {Hop(script)}");
        var server = new CourierServer(CourierServer.NewState("conversations-" + name), Settings[name] + string.Concat(routes), CourierServer.AllServices);
        var accounts = ScriptFiles.All.SelectMany(script => script.FurtherAccounts.Prepend("demo").Select(account => Address(script, account)));
        await server.ImportAccountsAsync(accounts.Append("postmaster@example.test"), Hash, CancellationToken.None);
        await server.StartAsync(CancellationToken.None);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Values.Where(server => server.IsValueCreated))
            await (await server.Value).DisposeAsync();
    }
}
