using System.Net;
using System.Net.Sockets;
using Courier.EndToEnd.Peers;
using Courier.Testing.Processes;

namespace Courier.EndToEnd.Namespaces;

/// <summary>From which address mail leaves, as the next hop sees it: Courier's files ipout, ip6out and esmtphelo, for the server and for virtual hosts.</summary>
public sealed class SourceAddressTests
{
    private static readonly Dictionary<string, int> SmtpAlone = new(StringComparer.Ordinal) { ["smtp"] = 25 };

    [NamespaceFact]
    public async Task Mail_leaves_by_the_addresses_of_the_server_and_of_each_virtual_host_in_both_families()
    {
        int[] hosts = [1, 2, 3, 4, 5, 10];
        await using var network = await NetworkNamespace.CreateAsync([.. hosts.Select(n => $"11.0.0.{n}/8"), .. hosts.Select(n => $"fd00::{n}/64")], "127.0.0.1");
        await using var receiver = await ReceiverAsync(network);
        await using var sender = await SenderAsync(network);

        // The server's own way out, a virtual host with its own address, one with another address and name.
        foreach (var host in new[] { "11.0.0.1", "11.0.0.3", "11.0.0.5" })
        {
            await SendAsync(network, host, "four");
            await SendAsync(network, host, "six");
        }

        var seen = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["four by 11.0.0.1"] = "from mail.example.test ([11.0.0.2])",
            ["six by 11.0.0.1"] = "from mail.example.test ([IPv6:fd00::2])",
            ["four by 11.0.0.3"] = "from mail.example.test ([11.0.0.3])",
            ["six by 11.0.0.3"] = "from mail.example.test ([IPv6:fd00::3])",
            ["four by 11.0.0.5"] = "from out.example.net ([11.0.0.4])",
            // Nothing is said of IPv6 for this host: what holds for the server.
            ["six by 11.0.0.5"] = "from out.example.net ([IPv6:fd00::2])",
        };
        foreach (var (subject, from) in seen)
        {
            var message = await Mailbag.TextAsync(MailNetwork.MailOf(receiver), $"Subject: {subject}\n");
            Assert.Equal($"Received: {from}", message.Split('\n').First(line => line.StartsWith("Received: ", StringComparison.Ordinal)));
        }
    }

    private static async Task<ServerProcess> ReceiverAsync(NetworkNamespace network)
    {
        var options = new ServerOptions { Domain = "four.test", Address = "11.0.0.10", Ports = SmtpAlone, Launcher = network.Launcher, Extra = [("smtp", "listen = 11.0.0.10:25, [fd00::10]:25")] };
        var receiver = await ServerProcess.PrepareAsync(options, "demo");
        (await receiver.CommandAsync("domain", "add", "six.test")).Checked();
        (await receiver.CommandAsync("account", "add", "demo@six.test", "--password", "demo")).Checked();
        await receiver.StartAsync();
        return receiver;
    }

    private static async Task<ServerProcess> SenderAsync(NetworkNamespace network)
    {
        var options = new ServerOptions
        {
            Address = "11.0.0.1",
            Ports = SmtpAlone,
            Launcher = network.Launcher,
            Extra =
            [
                ("smtp", "listen = 11.0.0.1:25, 11.0.0.3:25, 11.0.0.5:25"), ("relay", "networks = 11.0.0.0/8"), ("relay", "route.four.test = 11.0.0.10:25"), ("relay", "route.six.test = [fd00::10]:25"),
            ],
        };
        var sender = await ServerProcess.PrepareAsync(options);
        foreach (var (file, text) in new[]
        {
            ("ipout", "11.0.0.2\n"), ("ip6out", "fd00::2\n"), ("vhost.11.0.0.3", ""), ("ipout.11.0.0.3", ""), ("ip6out.11.0.0.3", "fd00::3\n"),
            ("vhost.11.0.0.5", ""), ("ipout.11.0.0.5", "11.0.0.4\n"), ("esmtphelo.11.0.0.5", "out.example.net\n"),
        })
            sender.WriteScratch(file, text);
        await sender.StartAsync();
        return sender;
    }

    private static async Task SendAsync(NetworkNamespace network, string host, string family)
    {
        await using var client = await SmtpProbe.ConnectAsync(network.Socket(SocketType.Stream, ProtocolType.Tcp), new IPEndPoint(IPAddress.Parse(host), 25));
        await client.SendAsync("<someone@example.test>", $"<demo@{family}.test>", $"From: <someone@example.test>\r\nSubject: {family} by {host}\r\n\r\nhello\r\n");
    }
}
