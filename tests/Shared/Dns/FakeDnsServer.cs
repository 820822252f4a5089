using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Courier.Tests.Shared.Dns;

/// <summary>A name server on loopback, UDP and TCP, that answers from a list of records, and lies where it is told to.</summary>
/// <remarks>What is not listed does not exist (NXDOMAIN, with a SOA of 60 s); a name that is listed with other types has no data.
/// <see cref="Behave"/> may answer a query in any way: null leaves it to the records, an empty list is silence.</remarks>
internal sealed class FakeDnsServer : IAsyncDisposable
{
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly TcpListener _tcp;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;
    private readonly List<string> _asked = [];

    public FakeDnsServer(params string[] records)
    {
        Records = [.. records];
        (_tcp, EndPoint) = Bind(_udp);
        _serving = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    public delegate IReadOnlyList<byte[]>? Behaviour(byte[] query, string name, ushort type, bool isTcp);

    public IPEndPoint EndPoint { get; }

    public List<string> Records { get; }

    /// <summary>Sets AD in every answer.</summary>
    public bool IsAuthenticated { get; set; }

    public Behaviour? Behave { get; set; }

    /// <summary>The questions so far, as <c>mx.example.test A</c>; those over TCP with <c>tcp</c> before.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_asked)
                return [.. _asked];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _udp.Dispose();
        _tcp.Stop();
        await _serving;
        _stopping.Dispose();
    }

    // The same port for both: the one that UDP got may be taken for TCP.
    private static (TcpListener Tcp, IPEndPoint EndPoint) Bind(Socket udp)
    {
        while (true)
        {
            var tcp = new TcpListener(IPAddress.Loopback, 0);
            tcp.Start();
            try
            {
                udp.Bind(tcp.LocalEndpoint);
                return (tcp, (IPEndPoint)tcp.LocalEndpoint);
            }
            catch (SocketException)
            {
                tcp.Stop();
            }
        }
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[4096];
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var received = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stopping.Token);
                foreach (var answer in Answers(buffer[..received.ReceivedBytes], isTcp: false))
                    await _udp.SendToAsync(answer, SocketFlags.None, received.RemoteEndPoint, _stopping.Token);
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested)
            {
                // The asker has closed its port already.
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                using var socket = await _tcp.AcceptSocketAsync(_stopping.Token);
                await using var stream = new NetworkStream(socket);
                var length = new byte[2];
                await stream.ReadExactlyAsync(length, _stopping.Token);
                var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query, _stopping.Token);
                foreach (var answer in Answers(query, isTcp: true))
                {
                    BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                    await stream.WriteAsync((byte[])[.. length, .. answer], _stopping.Token);
                }

                // Until the asker closes: what it reads must not be cut off.
                if (await stream.ReadAsync(length, _stopping.Token) > 0)
                    throw new IOException("One question was expected.");
            }
            catch (IOException)
            {
                // The asker went away.
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private IReadOnlyList<byte[]> Answers(byte[] query, bool isTcp)
    {
        var (name, type) = DnsWire.Asked(query);
        lock (_asked)
            _asked.Add($"{(isTcp ? "tcp " : "")}{name} {TypeName(type)}");
        return Behave?.Invoke(query, name, type, isTcp) ?? [Answer(query, name, type)];
    }

    private byte[] Answer(byte[] query, string name, ushort type)
    {
        var answers = new List<string>();
        var isKnown = false;
        for (var aliases = 0; aliases < 20; aliases++)
        {
            var own = Records.FindAll(record => record.StartsWith(name + " ", StringComparison.Ordinal));
            isKnown = own.Count > 0;
            answers.AddRange(own.FindAll(record => DnsWire.TypeOf(record.Split(' ')[2]) == type));
            if (answers.Exists(record => DnsWire.TypeOf(record.Split(' ')[2]) == type) || own.Find(record => record.Split(' ')[2] == "CNAME") is not { } alias)
                break;
            answers.Add(alias);
            name = alias.Split(' ')[3];
        }

        var isFound = answers.Exists(record => DnsWire.TypeOf(record.Split(' ')[2]) == type);
        return DnsWire.Reply(query, answers, isKnown ? 0 : 3, IsAuthenticated, authority: isFound ? null : "test 60 SOA 60");
    }

    private static string TypeName(ushort type) => new[] { "A", "AAAA", "MX", "TXT", "PTR", "TLSA", "CNAME" }.FirstOrDefault(name => DnsWire.TypeOf(name) == type) ?? $"{type}";
}
