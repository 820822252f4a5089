using System.Net;
using System.Net.Sockets;
using System.Text;
using Courier.Net;
using Courier.Tests.Shared.Smtp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Net;

public sealed class ListenerTests
{
    private static readonly ListenerSettings _settings = new("test", new IPEndPoint(IPAddress.Loopback, 0)) { Refusal = "no room\r\n"u8.ToArray() };

    [Theory]
    [InlineData(2, 100)]
    [InlineData(100, 2)]
    public async Task Connections_over_a_limit_are_told_so_and_closed(int most, int mostPerPeer)
    {
        await using var listener = Listener.Start(_settings with { ConnectionsMax = most, ConnectionsPerPeerMax = mostPerPeer }, GreetAsync, NullLogger.Instance);
        using var first = await ConnectAsync(listener);
        using var second = await ConnectAsync(listener);
        Assert.Equal("hello", await ReadAsync(first));
        Assert.Equal("hello", await ReadAsync(second));
        using (var third = await ConnectAsync(listener))
            Assert.Equal("no room\r\n", await ReadAsync(third));
        first.Close();
        await UntilAsync(() => listener.Sessions == 1);
        using var fourth = await ConnectAsync(listener);
        Assert.Equal("hello", await ReadAsync(fourth));
    }

    [Fact]
    public async Task Connections_of_one_network_have_a_limit()
    {
        await using var listener = Listener.Start(_settings with { ConnectionsPerNetworkMax = 2 }, GreetAsync, NullLogger.Instance);
        // 127.0.0.0/24 is one network, 127.0.1.0/24 another.
        using var first = await ConnectAsync(listener, "127.0.0.2");
        using var second = await ConnectAsync(listener, "127.0.0.3");
        Assert.Equal(("hello", "hello"), (await ReadAsync(first), await ReadAsync(second)));
        using (var third = await ConnectAsync(listener, "127.0.0.4"))
            Assert.Equal("no room\r\n", await ReadAsync(third));
        using var neighbour = await ConnectAsync(listener, "127.0.1.4");
        Assert.Equal("hello", await ReadAsync(neighbour));
    }

    [Fact]
    public async Task A_peer_may_have_terms_of_its_own()
    {
        PeerTerms TermsOf(Connection connection) => connection.Remote.Address.ToString() switch
        {
            "127.0.0.2" => new PeerTerms("go away\r\n"u8.ToArray()),
            "127.0.0.3" => new PeerTerms(ConnectionsMax: 3),
            _ => default,
        };
        await using var listener = Listener.Start(_settings with { ConnectionsPerPeerMax = 1, Terms = TermsOf }, GreetAsync, NullLogger.Instance);
        using (var denied = await ConnectAsync(listener, "127.0.0.2"))
            Assert.Equal("go away\r\n", await ReadAsync(denied));
        var answers = new List<string>();
        var sockets = new List<Socket>();
        foreach (var from in new[] { "127.0.0.3", "127.0.0.3", "127.0.0.3", "127.0.0.3", "127.0.0.4", "127.0.0.4" })
        {
            sockets.Add(await ConnectAsync(listener, from));
            answers.Add(await ReadAsync(sockets[^1]));
        }

        Assert.Equal(["hello", "hello", "hello", "no room\r\n", "hello", "no room\r\n"], answers);
        sockets.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Terms_that_cannot_be_had_do_not_end_the_listener()
    {
        var count = 0;
        await using var listener = Listener.Start(
            _settings with { Terms = _ => Interlocked.Increment(ref count) == 1 ? throw new ArithmeticException() : default }, GreetAsync, NullLogger.Instance);
        using var first = await ConnectAsync(listener);
        using var second = await ConnectAsync(listener);
        Assert.Equal("hello", await ReadAsync(second));
    }

    [Fact]
    public void Counts_forget_whoever_has_gone()
    {
        var counts = new ConnectionCounts();
        var addresses = Enumerable.Range(0, 1000).Select(n => new IPAddress([192, 0, (byte)(n / 250), (byte)(n % 250)])).ToList();
        addresses.ForEach(address => counts.Enter(address));
        Assert.Equal(1004, counts.Entries);
        Assert.Equal((2, 251), counts.Enter(addresses[0]));
        counts.Leave(addresses[0]);
        addresses.ForEach(counts.Leave);
        Assert.Equal(0, counts.Entries);
    }

    [Theory]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1::2", 2, 2)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::2", 1, 2)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:101::2", 1, 1)]
    [InlineData("192.0.2.1", "192.0.2.2", 1, 2)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", 2, 2)]
    public void An_IPv6_64_counts_as_one_peer_and_a_56_as_a_network(string first, string second, int ofPeer, int ofNetwork)
    {
        var counts = new ConnectionCounts();
        counts.Enter(IPAddress.Parse(first));
        Assert.Equal((ofPeer, ofNetwork), counts.Enter(IPAddress.Parse(second)));
    }

    [Fact]
    public async Task A_session_that_fails_is_logged_and_the_next_is_served()
    {
        var log = new RecordingLogger();
        var count = 0;
        await using var listener = Listener.Start(
            _settings, (connection, ct) => Interlocked.Increment(ref count) == 1 ? throw new ArithmeticException() : GreetAsync(connection, ct), log);
        using (var first = await ConnectAsync(listener))
            Assert.Equal("", await ReadAsync(first));
        using var second = await ConnectAsync(listener);
        Assert.Equal("hello", await ReadAsync(second));
        await UntilAsync(() => log.Events.Any(e => e.StartsWith("Critical 1005", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_stop_breaks_sessions_that_do_not_end()
    {
        var listener = Listener.Start(_settings, (_, _) => Task.Delay(Timeout.Infinite, CancellationToken.None), NullLogger.Instance);
        using var client = await ConnectAsync(listener);
        await UntilAsync(() => listener.Sessions == 1);
        await listener.StopAsync(TimeSpan.FromMilliseconds(50)).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("", await ReadAsync(client));
        await listener.DisposeAsync();
    }

    [Fact]
    public async Task A_port_in_use_is_an_error_that_says_so()
    {
        await using var listener = Listener.Start(_settings, GreetAsync, NullLogger.Instance);
        var e = Assert.Throws<SocketException>(() => Listener.Start(_settings with { EndPoint = listener.EndPoint }, GreetAsync, NullLogger.Instance));
        Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
    }

    [Fact]
    public async Task With_TLS_from_the_first_byte_a_peer_in_the_clear_gets_nothing()
    {
        await using var listener = Listener.Start(_settings with { ImplicitTls = TestCertificate.Server }, GreetAsync, NullLogger.Instance);
        using (var clear = await ConnectAsync(listener))
        {
            await clear.SendAsync("EHLO x\r\n"u8.ToArray());
            Assert.DoesNotContain("hello", await ReadAsync(clear), StringComparison.Ordinal);
        }

        using var socket = await ConnectAsync(listener);
        await using var tls = new System.Net.Security.SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(TestCertificate.Client);
        Assert.Equal('h', tls.ReadByte());
    }

    [Fact]
    public async Task A_deadline_tells_running_out_of_time_from_the_stop()
    {
        using var stop = new CancellationTokenSource();
        using var deadline = new Deadline(stop.Token);
        using var other = new Deadline(stop.Token);
        deadline.Set(TimeSpan.FromMilliseconds(20));
        other.Set(TimeSpan.FromMilliseconds(20));
        other.Clear();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, deadline.Token));
        Assert.True(deadline.Expired);
        await Task.Delay(50);
        Assert.False(other.Token.IsCancellationRequested);
        await stop.CancelAsync();
        Assert.True(other.Token.IsCancellationRequested);
        Assert.False(other.Expired);
    }

    private static async Task GreetAsync(Connection connection, CancellationToken ct)
    {
        await connection.Output.WriteAsync("hello"u8.ToArray(), ct);
        await connection.Input.ReadAsync(ct);
    }

    private static async Task<Socket> ConnectAsync(Listener listener, string? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (from is not null)
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(listener.EndPoint);
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var buffer = new byte[100];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            var count = await socket.ReceiveAsync(buffer, limit.Token);
            return Encoding.ASCII.GetString(buffer, 0, count);
        }
        catch (SocketException)
        {
            return "";
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition() && i < 200; i++)
            await Task.Delay(25);
        Assert.True(condition());
    }
}
