using System.Collections.Concurrent;
using System.Net;
using Courier.Conversations.Language;
using Courier.Faults.Server;
using Courier.Testing.Processes;
using Courier.Tests.Shared.Dns;

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
        ["default"] = Holding("loopback") + """
            [limits]
            message_size = 1MiB
            """,
        ["no-prefix"] = Holding("loopback") + """
            [imap]
            folder_prefix = none
            """,
        ["message-limit"] = Holding("loopback") + """
            [imap]
            message_limit = 3
            """,
        ["save-limit"] = Holding("loopback") + """
            [imap]
            save_limit = 2
            """,
        ["talkative"] = Holding("loopback") + """
            [imap]
            progress_interval = 0s
            """,
        ["strict"] = Holding("never") + """
            [limits]
            message_size = 1MiB
            [recipients]
            over_quota = refused
            """,
        // Hands mail on, for everybody on this machine. One retry every second, so that a script may refuse first.
        ["relaying"] = Accounts("loopback") + """
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
        // Lets its clients stand for others, and has a policy for each of them.
        ["guarded"] = Accounts("always") + """
            [proxies]
            xclient = 127.0.0.1
            [relay]
            hold = yes
            domains = !not.backup.example, .backup.example, backup.example
            percent_domains = inside.example
            [access]
            network.192.0.2.0/24 = deny
            network.192.0.2.1 = relay
            network.192.0.2.2 = relay=.via.example
            network.198.51.100.1 = block=450 Come back when you are clean
            network.198.51.100.2 = block="You, of all people"
            network.198.51.100.3 = allow,SIZELIMIT=1000
            network.198.51.100.4 = login
            network.198.51.100.5 = tls
            network.203.0.113.9 = allow
            dns_lists = allow wl.test; block bl.test
            [limits]
            recipients_per_account = 3/d
            header_fields = 50
            header_size = 8KiB
            received_fields = 20
            refusals_before_delay = 4
            refusal_delay = 500ms
            [greylist]
            enabled = yes
            delay = 1s
            [greylist @ listener submission]
            enabled = no
            """,
        // Looks at names: who a peer and a sender say that they are. Its name server is ours: see _names.
        ["choosy"] = Holding("loopback") + """
            [proxies]
            xclient = 127.0.0.1
            [limits]
            recipients = 3
            recipients_beyond = refused
            [senders]
            refuse = bad@refused.test, @all.refused.test, @.refused.test
            refuse_mx = 192.0.2.64/28
            own_hosts.free.test = free-hosts.test
            check_domain = yes
            check_helo = permanent
            own_only = header
            may_use.own-sender-smtp@example.test = sales@example.test, @lists.test
            [server]
            greeting = mail.example.test ESMTP choosy
            [headers @ domain example.test]
            message_id_host = ids.example.test
            [recipients]
            spam_traps = trap@example.test
            vrfy = friends
            expn = all
            """,
    };

    private static string Accounts(string cleartextLogins) => $"""
        [accounts]
        default_domain = example.test
        postmaster = postmaster@example.test
        cleartext_logins = {cleartextLogins}

        """;

    /// <summary>Mail for others is not sent.</summary>
    private static string Holding(string cleartextLogins) => Accounts(cleartextLogins) + """
        [relay]
        hold = yes

        """;

    /// <summary>What the name server knows; of deaf.test it cannot say anything.</summary>
    private readonly FakeDnsServer _names = new(
        "client.example.test 60 A 127.0.0.1", "good.test 60 MX 10 mx.good.test", "mx.good.test 60 A 192.0.2.2", "plain.test 60 A 192.0.2.2", "null.test 60 MX 0 .", "text.test 60 MX 10 192.0.2.2",
        "refused.test 60 A 192.0.2.2", "low.refused.test 60 A 192.0.2.2", "all.refused.test 60 A 192.0.2.2", "lists.test 60 A 192.0.2.2", "example.org 60 A 192.0.2.2",
        "badmx.test 60 MX 10 mx.badmx.test", "mx.badmx.test 60 A 192.0.2.66", "badhost.test 60 A 192.0.2.67",
        "free.test 60 A 192.0.2.2", "7.2.0.192.in-addr.arpa 60 PTR out.free-hosts.test", "out.free-hosts.test 60 A 192.0.2.7", "8.2.0.192.in-addr.arpa 60 PTR liar.free-hosts.test",
        "liar.free-hosts.test 60 A 192.0.2.99", "9.2.0.192.in-addr.arpa 60 PTR out.notfree-hosts.test", "out.notfree-hosts.test 60 A 192.0.2.9", "helo.test 60 MX 10 out.free-hosts.test",
        "41.113.0.203.bl.test 60 A 127.0.0.2", "41.113.0.203.bl.test 60 TXT Seen sending spam", "42.113.0.203.bl.test 60 A 127.255.255.254", "43.113.0.203.bl.test 60 A 127.0.0.2", "43.113.0.203.wl.test 60 A 127.0.0.2")
    {
        Behave = static (query, name, _, _) => name is "deaf.test" or "10.2.0.192.in-addr.arpa" ? [DnsWire.Reply(query, [], code: 2)] : null,
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
        var server = new CourierServer(CourierServer.NewState("conversations-" + name), Settings[name] + (name is "choosy" or "guarded" ? $"\n[dns]\nservers = {_names.EndPoint}" : "") + string.Concat(routes), CourierServer.AllServices);
        var accounts = ScriptFiles.All.SelectMany(script => script.FurtherAccounts.Prepend("demo").Select(account => Address(script, account)));
        await server.ImportAccountsAsync(accounts.Append("postmaster@example.test"), Hash, CancellationToken.None);
        await server.StartAsync(CancellationToken.None);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers.Values.Where(server => server.IsValueCreated))
            await (await server.Value).DisposeAsync();
        await _names.DisposeAsync();
    }
}
