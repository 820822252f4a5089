using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Courier.Net;

/// <summary>An address as a number of 128 bits, IPv4 within <c>::ffff:0:0/96</c>: for tables and counts by network.</summary>
public static class AddressBits
{
    /// <summary>Bits that stand before those of an IPv4 address.</summary>
    public const int MappedBits = 96;

    /// <summary>Bits of the whole.</summary>
    public const int All = 128;

    public static UInt128 Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            address.TryWriteBytes(bytes, out _);
        }
        else
        {
            bytes[10] = bytes[11] = 0xFF;
            address.TryWriteBytes(bytes[12..], out _);
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>The first bits, the others 0.</summary>
    public static UInt128 Prefix(UInt128 bits, int length) => length == 0 ? 0 : bits & (UInt128.MaxValue << (All - length));

    /// <summary>The network of an address: so many bits of IPv4, or so many of IPv6.</summary>
    public static UInt128 Network(IPAddress address, int bitsV4, int bitsV6)
    {
        var bits = Of(address);
        return Prefix(bits, bits >> 32 == 0xFFFF ? MappedBits + bitsV4 : bitsV6);
    }
}
