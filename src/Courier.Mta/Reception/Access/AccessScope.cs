using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Courier.Net;

namespace Courier.Mta.Reception.Access;

/// <summary>For whom a line of an access list holds: a network that the peer is in, or an address of ours that it connected to.</summary>
/// <remarks>
/// Networks as Courier writes them: <c>192.0.2.7</c>, <c>192.0.2</c> (leading octets), <c>*</c> (everybody), <c>:2001:0db8</c> (leading words of IPv6); also as
/// everybody else does: <c>192.0.2.0/24</c>, <c>2001:db8::/32</c>. Of ours: <c>192.0.2.1.25</c>, <c>*.25</c>.
/// </remarks>
public sealed record AccessScope
{
    private const string LocalAny = "*.";

    /// <summary>The network's bits, and how many of them count. Of a scope of ours: the address.</summary>
    internal UInt128 Bits { get; private init; }

    internal int Length { get; private init; }

    /// <summary>Port of ours; 0 where the scope is a network of peers.</summary>
    internal int LocalPort { get; private init; }

    public static AccessScope? Parse(string text)
    {
        if (text == "*")
            return new AccessScope();
        if (text.StartsWith(LocalAny, StringComparison.Ordinal))
            return Port(text[LocalAny.Length..]) is { } port ? new AccessScope { LocalPort = port } : null;
        if (text.Contains('/', StringComparison.Ordinal))
            return Prefix(text);
        if (text.StartsWith(':') && !text.StartsWith("::", StringComparison.Ordinal))
            return Words(text[1..].Split(':'));
        if (text.Contains(':', StringComparison.Ordinal))
            return IPAddress.TryParse(text, out var address) ? new AccessScope { Bits = AddressBits.Of(address), Length = AddressBits.All } : null;
        return Octets(text.TrimEnd('.').Split('.'));
    }

    private static AccessScope? Prefix(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(text[..slash], out var address) || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var given))
            return null;
        var isV4 = address.AddressFamily == AddressFamily.InterNetwork;
        if (given > (isV4 ? AddressBits.All - AddressBits.MappedBits : AddressBits.All))
            return null;
        var length = isV4 ? AddressBits.MappedBits + given : given;
        return new AccessScope { Bits = AddressBits.Prefix(AddressBits.Of(address), length), Length = length };
    }

    /// <summary>Of IPv6, two octets each.</summary>
    private static AccessScope? Words(string[] words)
    {
        const int wordBits = 16;
        UInt128 bits = 0;
        foreach (var word in words)
        {
            if (word.Length is 0 or > 4 || !ushort.TryParse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                return null;
            bits = (bits << wordBits) | value;
        }

        var length = words.Length * wordBits;
        return length > AddressBits.All ? null : new AccessScope { Bits = length == AddressBits.All ? bits : bits << (AddressBits.All - length), Length = length };
    }

    /// <summary>Of IPv4, up to four; a fifth is a port of ours.</summary>
    private static AccessScope? Octets(string[] parts)
    {
        const int octets = 4;
        UInt128 bits = 0xFFFF;
        foreach (var part in parts.Take(octets))
        {
            if (part.Length > 3 || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                return null;
            bits = (bits << 8) | value;
        }

        if (parts.Length == octets + 1)
            return Port(parts[octets]) is { } port ? new AccessScope { Bits = bits, Length = AddressBits.All, LocalPort = port } : null;
        if (parts.Length > octets)
            return null;
        var missing = 8 * (octets - parts.Length);
        return new AccessScope { Bits = bits << missing, Length = AddressBits.All - missing };
    }

    private static int? Port(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 ? port : null;
}
