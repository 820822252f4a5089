using System.Globalization;
using System.Text;

namespace Courier.Net.Dns;

/// <summary>Names between text and wire (RFC 1035 §3.1, §5.1). Text is lower case without the last dot; octets that are not letters,
/// digits, hyphen or underscore are written as \DDD.</summary>
public static class DnsName
{
    /// <summary>RFC 1035 §2.3.4.</summary>
    internal const int WireBytesMax = 255;

    private const int LabelBytesMax = 63;

    // Domains are looked at as they are: STD3 would refuse the underscore of _mta-sts and _25._tcp.
    private static readonly IdnMapping _idn = new() { AllowUnassigned = false, UseStd3AsciiRules = false };

    /// <summary>Lower case, A-labels (RFC 5891 §4.4) and no last dot; null for what cannot be a name.</summary>
    public static string? Normalize(string name)
    {
        try
        {
            if (name == ".")
                return name;
            var text = Ascii.IsValid(name) ? name : _idn.GetAscii(name);
            text = text.ToLowerInvariant();
            text = text.EndsWith('.') ? text[..^1] : text;
            return TryEncode(text, stackalloc byte[WireBytesMax], out _) ? text : null;
        }
        catch (ArgumentException)
        {
            // What IDNA says of a label it does not allow.
            return null;
        }
    }

    /// <summary>The name under which PTR records of an address stand (RFC 1035 §3.5, RFC 3596 §2.5).</summary>
    public static string Reverse(System.Net.IPAddress address)
    {
        var octets = address.GetAddressBytes();
        var text = new StringBuilder();
        for (var i = octets.Length - 1; i >= 0; i--)
        {
            if (octets.Length == 4)
                text.Append(CultureInfo.InvariantCulture, $"{octets[i]}.");
            else
                text.Append(CultureInfo.InvariantCulture, $"{octets[i] & 15:x}.{octets[i] >> 4:x}.");
        }

        return text.Append(octets.Length == 4 ? "in-addr.arpa" : "ip6.arpa").ToString();
    }

    /// <summary>Writes normalized text as labels.</summary>
    internal static bool TryEncode(ReadOnlySpan<char> text, Span<byte> wire, out int written)
    {
        written = 0;
        if (text is "" or ".")
        {
            wire[written++] = 0;
            return text is ".";
        }

        var lengthAt = written++;
        for (var i = 0; i < text.Length; i++)
        {
            if (written >= WireBytesMax - 1)
                return false;
            if (text[i] == '.')
            {
                if (!Close(wire, lengthAt, written))
                    return false;
                lengthAt = written++;
                continue;
            }

            if (Octet(text, ref i) is not { } octet)
                return false;
            wire[written++] = octet;
        }

        if (!Close(wire, lengthAt, written))
            return false;
        wire[written++] = 0;
        return true;
    }

    /// <summary>Appends one label of the wire.</summary>
    internal static void Append(StringBuilder text, ReadOnlySpan<byte> label)
    {
        if (text.Length > 0)
            text.Append('.');
        foreach (var octet in label)
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'_')
                text.Append(char.ToLowerInvariant((char)octet));
            else
                text.Append(CultureInfo.InvariantCulture, $"\\{octet:000}");
        }
    }

    private static bool Close(Span<byte> wire, int lengthAt, int end)
    {
        var length = end - lengthAt - 1;
        wire[lengthAt] = (byte)length;
        return length is > 0 and <= LabelBytesMax;
    }

    private static byte? Octet(ReadOnlySpan<char> text, ref int i)
    {
        if (text[i] is <= ' ' or > '~')
            return null;
        if (text[i] != '\\')
            return (byte)text[i];
        const int digits = 3;
        if (i + digits >= text.Length || !byte.TryParse(text.Slice(i + 1, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var octet))
            return null;
        i += digits;
        return octet;
    }
}
