using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Courier.Net.Dns;

/// <summary>One question to one server: UDP from a port of the system's choice, TCP where the answer does not fit (RFC 7766 §5).</summary>
/// <remarks>The socket is connected, so that only this server's datagrams reach it and an unreachable one is known at once. What does
/// not carry our id or our question is dropped (RFC 5452 §9), not taken for the answer.</remarks>
internal sealed class DnsExchange(DnsLimits limits)
{
    private const int TcpLengthBytes = 2;

    public async Task<DnsMessage> AskAsync(IPEndPoint server, byte[] query, bool useTcp, CancellationToken ct)
    {
        if (!useTcp && await AskUdpAsync(server, query, ct) is { IsTruncated: false } reply)
            return reply;
        return await AskTcpAsync(server, query, ct);
    }

    /// <returns>Null after too many datagrams that were not for us.</returns>
    private async Task<DnsMessage?> AskUdpAsync(IPEndPoint server, byte[] query, CancellationToken ct)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, ct);
        await socket.SendAsync(query, SocketFlags.None, ct);
        var buffer = ArrayPool<byte>.Shared.Rent(ushort.MaxValue);
        try
        {
            for (var wrong = 0; wrong < limits.WrongDatagrams; wrong++)
            {
                var length = await socket.ReceiveAsync(buffer, SocketFlags.None, ct);
                if (DnsMessage.IdOf(buffer.AsSpan(0, length)) is not { } id || id != DnsMessage.IdOf(query))
                    continue;
                try
                {
                    return DnsMessage.Read(buffer.AsSpan(0, length), query, limits);
                }
                catch (DnsFormatException)
                {
                    // Forged, or from a server that is broken: the right one may still come, else time runs out.
                }
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<DnsMessage> AskTcpAsync(IPEndPoint server, byte[] query, CancellationToken ct)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, ct);
        var framed = new byte[TcpLengthBytes + query.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)query.Length);
        query.CopyTo(framed, TcpLengthBytes);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(framed, ct);
        await stream.ReadExactlyAsync(framed.AsMemory(0, TcpLengthBytes), ct);
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(framed)];
        await stream.ReadExactlyAsync(message, ct);
        if (DnsMessage.IdOf(message) != DnsMessage.IdOf(query))
            throw new DnsFormatException("an answer to another query");
        return DnsMessage.Read(message, query, limits);
    }
}
