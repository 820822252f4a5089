using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Courier.Net.Dns;

/// <summary>Writes questions (RFC 1035 §4.1.1, RFC 6891 §6.1.2): recursion and AD wanted (RFC 6840 §5.7), a random id.</summary>
internal static class DnsQuery
{
    private const int OptBytes = 11;

    public static byte[] Write(string name, DnsType type, bool withEdns, bool mixCase, DnsLimits limits)
    {
        Span<byte> wire = stackalloc byte[DnsName.WireBytesMax];
        if (!DnsName.TryEncode(name, wire, out var length))
            throw new ArgumentException("Not a normalized name.", nameof(name));
        if (mixCase)
            MixCase(wire[..length]);
        var query = new byte[DnsMessage.HeaderBytes + length + 4 + (withEdns ? OptBytes : 0)];
        RandomNumberGenerator.Fill(query.AsSpan(0, 2));
        query[2] = 0x01; // RD
        query[3] = 0x20; // AD
        query[5] = 1;
        wire[..length].CopyTo(query.AsSpan(DnsMessage.HeaderBytes));
        var rest = query.AsSpan(DnsMessage.HeaderBytes + length);
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)type);
        rest[3] = 1; // IN
        if (withEdns)
        {
            query[11] = 1;
            rest[6] = 41; // OPT at the root; then our size for UDP, and no flags or options
            BinaryPrimitives.WriteUInt16BigEndian(rest[7..], (ushort)limits.UdpBytes);
        }

        return query;
    }

    // draft-vixie-dnsext-dns0x20: a bit for each letter that who forges an answer has to guess as well.
    private static void MixCase(Span<byte> wire)
    {
        Span<byte> dice = stackalloc byte[wire.Length];
        RandomNumberGenerator.Fill(dice);
        for (var i = 0; i < wire.Length; i++)
        {
            if (char.IsAsciiLetter((char)wire[i]) && (dice[i] & 1) != 0)
                wire[i] ^= 0x20;
        }
    }
}
