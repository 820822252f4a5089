using Courier.Testing.Processes;
using Courier.Tests.Shared.Dns;

namespace Courier.EndToEnd;

/// <summary>A server with every policy on, set in Courier's own files where there is one for it, and a name server that knows the senders of the tests.
/// Clients on this machine may stand for others (XCLIENT).</summary>
public sealed class PolicyServer : IAsyncLifetime
{
    private const string AccessList = """
        192.0.2.0/24	deny
        192.0.2.1	allow,RELAYCLIENT
        192.0.2.2	allow,RELAYCLIENT=.via.example
        198.51.100.1	allow,BLOCK=450 Come back when you are clean
        198.51.100.3	allow,SIZELIMIT=1000
        198.51.100.4	allow,AUTH_REQUIRED=1
        198.51.100.5	allow,ESMTP_TLS_REQUIRED=1
        203.0.113.8	allow,BOFHCHECKDNS=0
        203.0.113.9	allow,BOFHCHECKHELO=1
        203.0.113.10	allow,NOADDMSGID=0,NOADDDATE=0
        203.0.113.11	allow,MIME=7bit
        203.0.113	allow

        """;

    private const string Bofh = """
        badfrom bad@refused.test
        badfrom @all.refused.test
        badfrom @.below.test
        badmx 198.18.0.66
        freemail free.test hosts.test
        spamtrap trap@example.test
        maxrcpts 3 hard
        opt BOFHHEADERLIMIT=8192

        """;

    private readonly FakeDnsServer _names = new(
        "good.test 60 MX 10 mx.good.test", "mx.good.test 60 A 198.18.0.1", "null.test 60 MX 0 .", "refused.test 60 A 198.18.0.1", "all.refused.test 60 A 198.18.0.1", "low.below.test 60 A 198.18.0.1",
        "badmx.test 60 MX 10 mx.badmx.test", "mx.badmx.test 60 A 198.18.0.66", "free.test 60 A 198.18.0.1", "20.113.0.203.in-addr.arpa 60 PTR out.hosts.test", "out.hosts.test 60 A 203.0.113.20",
        "client.test 60 A 127.0.0.1", "9.114.0.203.bl.test 60 A 127.0.0.2", "9.114.0.203.bl.test 60 TXT Seen sending spam")
    {
        Behave = static (query, name, _, _) => name is "deaf.test" ? [DnsWire.Reply(query, [], code: 2)] : null,
    };

    internal ServerProcess Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await ServerProcess.PrepareAsync(new()
        {
            Extra =
            [
                ("dns", $"servers = {_names.EndPoint}"), ("proxies", "xclient = 127.0.0.1"), ("relay", "hold = yes"), ("relay", "percent_domains = inside.example"),
                ("access", "dns_lists = block bl.test"), ("senders", "check_domain = yes"), ("senders @ listener submission", "own_only = header"),
                ("limits", "header_fields = 50"), ("limits", "received_fields = 20"), ("limits", "refusals_before_delay = 2"), ("limits", "refusal_delay = 500ms"),
                ("limits @ listener submission", "recipients_per_account = 3/d"), ("limits @ listener lmtp", "free_space = 1000000GiB"),
                ("greylist", "enabled = yes"), ("greylist", "delay = 1s"),
            ],
        }, "ada", "bob", "cleo");
        Server.WriteScratch("smtpaccess", AccessList);
        Server.WriteScratch("bofh", Bofh);
        Server.WriteScratch("esmtpacceptmailfor", "!not.backup.example\n.backup.example\nbackup.example\n");
        await Server.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await _names.DisposeAsync();
    }
}
