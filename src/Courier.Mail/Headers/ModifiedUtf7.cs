using System.Buffers.Text;
using System.Text;

namespace Courier.Mail.Headers;

/// <summary>Mailbox names on the wire (RFC 3501 §5.1.3): printable ASCII as it is, <c>&amp;</c> as <c>&amp;-</c>, everything else
/// as UTF-16 in base64 with a comma for the slash, between <c>&amp;</c> and <c>-</c>.</summary>
/// <remarks>Every name has one form only: superfluous shifts and encoded ASCII are refused, as the section demands, so that two
/// wire names can never mean the same mailbox.</remarks>
public static class ModifiedUtf7
{
    /// <summary>False where the text is not valid modified UTF-7.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, out string name)
    {
        name = "";
        var decoded = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            var octet = text[0];
            if (octet is < 0x20 or > 0x7e)
                return false;
            text = text[1..];
            if (octet != '&')
            {
                decoded.Append((char)octet);
                continue;
            }
            var end = text.IndexOf((byte)'-');
            if (end < 0)
                return false;
            if (end == 0)
                decoded.Append('&');
            else if (!Unshift(text[..end], decoded))
                return false;
            else if (text[(end + 1)..] is [(byte)'&', not (byte)'-', ..])
                return false; // two shifts where one would do
            text = text[(end + 1)..];
        }
        name = decoded.ToString();
        return true;
    }

    /// <summary>Half a surrogate pair becomes U+FFFD: it has no form on the wire.</summary>
    public static string Encode(string name)
    {
        var encoded = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length;)
        {
            if (IsPlain(name[i]))
            {
                encoded.Append(name[i]);
                if (name[i] == '&')
                    encoded.Append('-');
                i++;
                continue;
            }
            var start = i;
            while (i < name.Length && !IsPlain(name[i]))
                i++;
            Shift(name.AsSpan(start, i - start), encoded);
        }
        return encoded.ToString();
    }

    private static bool IsPlain(char c) => c is >= ' ' and <= '~';

    private static void Shift(ReadOnlySpan<char> run, StringBuilder encoded)
    {
        var octets = Encoding.BigEndianUnicode.GetBytes(run.ToArray());
        encoded.Append('&').Append(Convert.ToBase64String(octets).TrimEnd('=').Replace('/', ',')).Append('-');
    }

    private static bool Unshift(ReadOnlySpan<byte> shifted, StringBuilder decoded)
    {
        // Back to plain base64: its own decoder then sees wrong characters, wrong lengths and stray bits.
        if (shifted.ContainsAny((byte)'/', (byte)'=') || shifted.ContainsAny("\t\r\n "u8))
            return false;
        var padded = new byte[(shifted.Length + 3) / 4 * 4];
        padded.AsSpan().Fill((byte)'=');
        shifted.CopyTo(padded);
        padded.AsSpan().Replace((byte)',', (byte)'/');
        var octets = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        if (Base64.DecodeFromUtf8(padded, octets, out _, out var written) != System.Buffers.OperationStatus.Done || written % 2 != 0)
            return false;
        var run = Encoding.BigEndianUnicode.GetString(octets, 0, written);
        foreach (var c in run)
            if (IsPlain(c))
                return false;
        var canonical = new StringBuilder(shifted.Length + 2);
        Shift(run, canonical);
        if (!canonical.Equals("&" + Encoding.ASCII.GetString(shifted) + "-"))
            return false; // half surrogates, bits left over
        decoded.Append(run);
        return true;
    }
}
