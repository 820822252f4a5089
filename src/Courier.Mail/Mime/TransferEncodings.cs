using System.Buffers;
using System.Buffers.Text;

namespace Courier.Mail.Mime;

/// <summary>base64 and quoted-printable (RFC 2045 §6.7, §6.8), tolerant in and strict out.</summary>
internal static class TransferEncodings
{
    public static byte[] DecodeBase64(ReadOnlySpan<byte> body)
    {
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(body.Length) + 3];
        if (Base64.DecodeFromUtf8(body, decoded, out _, out var written) == OperationStatus.Done)
            return decoded[..written];
        return decoded[..DecodeBrokenBase64(body, decoded)];
    }

    /// <summary>What is no base64 character is stepped over (§6.8). Padding ends a run, and another may follow.</summary>
    private static int DecodeBrokenBase64(ReadOnlySpan<byte> body, Span<byte> decoded)
    {
        var (written, bits, count) = (0, 0, 0);
        foreach (var octet in body)
        {
            var value = octet switch
            {
                >= (byte)'A' and <= (byte)'Z' => octet - 'A',
                >= (byte)'a' and <= (byte)'z' => octet - 'a' + 26,
                >= (byte)'0' and <= (byte)'9' => octet - '0' + 52,
                (byte)'+' => 62,
                (byte)'/' => 63,
                (byte)'=' => -1,
                _ => -2,
            };
            if (value == -2)
                continue;
            if (value == -1)
            {
                (bits, count) = (0, 0);
                continue;
            }
            bits = (bits << 6 | value) & 0xffffff;
            count += 6;
            if (count < 8)
                continue;
            count -= 8;
            decoded[written++] = (byte)(bits >> count);
        }
        return written;
    }

    /// <summary>Soft line breaks and white space at line ends go; an equals sign that begins neither stays.</summary>
    public static byte[] DecodeQuotedPrintable(ReadOnlySpan<byte> body)
    {
        var decoded = new byte[body.Length];
        var written = 0;
        while (!body.IsEmpty)
        {
            var end = body.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            var text = line.TrimEnd(" \t\r"u8);
            var isSoft = text is [.., (byte)'='];
            if (isSoft)
                text = text[..^1];
            else if (end < 0 && line is not [.., (byte)'\r'])
                text = line; // the last line has no end that white space could have crept in before
            written += DecodeLine(text, decoded.AsSpan(written));
            if (isSoft || end < 0)
                continue;
            if (line is [.., (byte)'\r'])
                decoded[written++] = (byte)'\r';
            decoded[written++] = (byte)'\n';
        }
        return decoded[..written];
    }

    /// <summary>Nothing in it that the decoder would have to guess at: an equals sign is before two digits or ends its line, and all is ASCII (§6.7).</summary>
    public static bool IsQuotedPrintable(ReadOnlySpan<byte> body)
    {
        if (SevenBit.Holds(body))
            return false;
        for (var equals = body.IndexOf((byte)'='); equals >= 0; equals = body.IndexOf((byte)'='))
        {
            body = body[(equals + 1)..];
            if (TryHex(body, out _))
                continue;
            body = body.TrimStart(" \t"u8);
            if (!body.IsEmpty && !body.StartsWith("\r\n"u8))
                return false;
        }

        return true;
    }

    private static int DecodeLine(ReadOnlySpan<byte> line, Span<byte> decoded)
    {
        var written = 0;
        for (var equals = line.IndexOf((byte)'='); equals >= 0; equals = line.IndexOf((byte)'='))
        {
            line[..equals].CopyTo(decoded[written..]);
            written += equals;
            line = line[equals..];
            if (TryHex(line[1..], out var octet))
            {
                decoded[written++] = octet;
                line = line[3..];
            }
            else
            {
                decoded[written++] = (byte)'=';
                line = line[1..];
            }
        }
        line.CopyTo(decoded[written..]);
        return written + line.Length;
    }

    /// <summary>Two hexadecimal digits of either case at the start of the text.</summary>
    public static bool TryHex(ReadOnlySpan<byte> text, out byte octet)
    {
        octet = 0;
        if (text.Length < 2 || !char.IsAsciiHexDigit((char)text[0]) || !char.IsAsciiHexDigit((char)text[1]))
            return false;
        octet = (byte)(Digit(text[0]) << 4 | Digit(text[1]));
        return true;
    }

    /// <summary>Lines of at most 76 characters with CRLF; nothing but printable ASCII (§6.7).</summary>
    public static void EncodeQuotedPrintable(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        const int Longest = 75; // and the equals sign of a soft break
        var column = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var octet = text[i];
            if (octet == '\n' || (octet == '\r' && i + 1 < text.Length && text[i + 1] == '\n'))
            {
                i += octet == '\r' ? 1 : 0;
                output.Write("\r\n"u8);
                column = 0;
                continue;
            }
            var atLineEnd = i + 1 == text.Length || text[i + 1] is (byte)'\r' or (byte)'\n';
            // A dot or a From at a line's start is changed by some transports.
            var isPlain = octet is >= 33 and <= 126 and not (byte)'=' || (octet is (byte)' ' or (byte)'\t' && !atLineEnd);
            if (column + (isPlain ? 1 : 3) > Longest)
            {
                output.Write("=\r\n"u8);
                column = 0;
            }
            if (isPlain && !(column == 0 && octet is (byte)'.' or (byte)'F'))
            {
                output.Write([octet]);
                column++;
            }
            else
            {
                output.Write([(byte)'=', Hex(octet >> 4), Hex(octet & 15)]);
                column += 3;
            }
        }
    }

    private static int Digit(byte hex) => hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10;

    private static byte Hex(int digit) => "0123456789ABCDEF"u8[digit];
}
