using System.Net;
using System.Net.Sockets;
using System.Text;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>The limits of connections hold at the listeners of IMAP and POP3, for one address and for all together (MAXPERIP and MAXDAEMONS of Courier).</summary>
public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData("imap", "* OK", "* BYE [UNAVAILABLE]")]
    [InlineData("pop3", "+OK", "-ERR [SYS/TEMP]")]
    public async Task More_are_refused_in_the_words_of_the_protocol_until_one_leaves(string service, string greeting, string refusal)
    {
        await using var server = await ServerProcess.StartAsync(new()
        {
            Extra = [($"limits @ listener {service}", "connections = 3"), ($"limits @ listener {service}", "connections_per_peer = 2")],
        });
        var one = new IPEndPoint(IPAddress.Parse("127.0.0.1"), server.Port(service));
        using var first = await ConnectAsync(one, "127.0.0.2", greeting);
        using (await ConnectAsync(one, "127.0.0.2", greeting))
        {
            using var third = await ConnectAsync(one, "127.0.0.2", refusal);
            // A refused one takes a place until it has gone.
            using var other = await AdmittedAsync(one, "127.0.0.3", greeting);
            using var fourth = await ConnectAsync(one, "127.0.0.4", refusal);
            // Another listener has limits of its own.
            using var elsewhere = await ConnectAsync(new(one.Address, server.Port(service + "s")), "127.0.0.2", greeting: null);
        }

        using var again = await AdmittedAsync(one, "127.0.0.2", greeting);
    }

    private static Task<Socket> AdmittedAsync(IPEndPoint server, string from, string greeting) => Eventually.GetAsync("a place is free", async () =>
    {
        var socket = await OpenAsync(server, from);
        if ((await LineAsync(socket)).StartsWith(greeting, StringComparison.Ordinal))
            return socket;
        socket.Dispose();
        return null;
    });

    private static async Task<Socket> ConnectAsync(IPEndPoint server, string from, string? greeting)
    {
        var socket = await OpenAsync(server, from);
        if (greeting is not null)
            Assert.StartsWith(greeting, await LineAsync(socket), StringComparison.Ordinal);
        return socket;
    }

    private static async Task<Socket> OpenAsync(IPEndPoint server, string from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(server);
        return socket;
    }

    private static async Task<string> LineAsync(Socket socket)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (await socket.ReceiveAsync(one, limit.Token) == 1 && one[0] != '\n')
            line.Append((char)one[0]);
        return line.ToString();
    }
}
