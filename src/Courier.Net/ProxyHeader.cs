using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Courier.Net;

/// <summary>The header of the PROXY protocol, version 1 and 2 (haproxy.org, proxy-protocol.txt §2.1, §2.2): whom a proxy speaks for. Read from
/// the bare stream, to its last octet and not one further: what follows may be a TLS handshake.</summary>
internal static class ProxyHeader
{
    /// <summary>§2.1: "107 characters … is always enough".</summary>
    internal const int TextLineBytes = 107;

    /// <summary>Of addresses and TLVs of version 2. §2.2 allows 64 KB; what proxies send stays under 1 KB.</summary>
    internal const int BinaryBytes = 4096;

    // As long as the shorter of both versions lets us read without having looked.
    private const int StartBytes = 12;

    private static ReadOnlySpan<byte> Signature => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    /// <returns>Source and destination; null where the proxy speaks for itself (LOCAL, UNKNOWN).</returns>
    /// <exception cref="InvalidDataException">It is no such header.</exception>
    internal static async ValueTask<(IPEndPoint Source, IPEndPoint Destination)?> ReadAsync(Stream stream, CancellationToken ct)
    {
        var start = new byte[StartBytes];
        await stream.ReadExactlyAsync(start, ct);
        if (start.AsSpan().SequenceEqual(Signature))
            return await ReadBinaryAsync(stream, ct);
        if (start.AsSpan().StartsWith("PROXY "u8))
            return ReadText(await ReadLineAsync(stream, start, ct));
        throw new InvalidDataException("no PROXY header");
    }

    private static async ValueTask<string> ReadLineAsync(Stream stream, byte[] start, CancellationToken ct)
    {
        var line = new byte[TextLineBytes];
        start.CopyTo(line, 0);
        for (var length = start.Length; length < line.Length; length++)
        {
            await stream.ReadExactlyAsync(line.AsMemory(length, 1), ct);
            if (line[length] == (byte)'\n' && line[length - 1] == (byte)'\r')
                return Encoding.Latin1.GetString(line, 0, length - 1);
        }

        throw new InvalidDataException("the PROXY line is too long");
    }

    private static (IPEndPoint, IPEndPoint)? ReadText(string line)
    {
        var words = line.Split(' ');
        if (words is ["PROXY", "UNKNOWN", ..])
            return null;
        if (words is not ["PROXY", "TCP4" or "TCP6", var source, var destination, var sourcePort, var destinationPort])
            throw new InvalidDataException("the PROXY line is malformed");
        return (EndPoint(source, sourcePort, words[1] == "TCP6"), EndPoint(destination, destinationPort, words[1] == "TCP6"));
    }

    private static IPEndPoint EndPoint(string address, string port, bool isV6) =>
        IPAddress.TryParse(address, out var ip) && (ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6) == isV6
        && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Plain(ip, number)
            : throw new InvalidDataException("the PROXY line is malformed");

    private static async ValueTask<(IPEndPoint, IPEndPoint)?> ReadBinaryAsync(Stream stream, CancellationToken ct)
    {
        var head = new byte[4];
        await stream.ReadExactlyAsync(head, ct);
        var length = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2));
        if (head[0] >> 4 != 2 || (head[0] & 15) > 1 || length > BinaryBytes)
            throw new InvalidDataException("the PROXY header is malformed");
        var rest = new byte[length];
        await stream.ReadExactlyAsync(rest, ct);
        // LOCAL: a health check of the proxy. What is not TCP over IP has no addresses for us (§2.2).
        return (head[0] & 15) == 0 ? null : head[1] switch
        {
            0x11 => Addresses(rest, 4),
            0x21 => Addresses(rest, 16),
            _ => null,
        };
    }

    private static (IPEndPoint, IPEndPoint) Addresses(ReadOnlySpan<byte> rest, int size) => rest.Length < (2 * size) + 4
        ? throw new InvalidDataException("the PROXY header is malformed")
        : (Plain(new IPAddress(rest[..size]), BinaryPrimitives.ReadUInt16BigEndian(rest[(2 * size)..])),
            Plain(new IPAddress(rest.Slice(size, size)), BinaryPrimitives.ReadUInt16BigEndian(rest[((2 * size) + 2)..])));

    private static IPEndPoint Plain(IPAddress address, int port) => new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
}
