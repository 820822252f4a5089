using System.Buffers;
using System.Text;
using Courier.Mail.Mime;

namespace Courier.Mail.Headers;

/// <summary>Encoded words (RFC 2047) in header values.</summary>
/// <remarks>Tolerant: words may stand anywhere and be longer than 75 characters, and a character may be split between two words of
/// one charset, as many programs do against §5. What is no encoded word stays as it is.</remarks>
public static class EncodedWord
{
    /// <summary>The value as text: encoded words decoded, neighbouring ones joined, raw 8-bit text read as UTF-8 or Latin-1.</summary>
    public static string Decode(ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> rest = HeaderReader.Unfold(value);
        var text = new StringBuilder(rest.Length);
        var pending = new ArrayBufferWriter<byte>(64);
        string? charset = null;
        var raw = 0; // octets at the start of the rest that are no encoded word
        while (raw < rest.Length)
        {
            var start = rest[raw..].IndexOf("=?"u8);
            if (start < 0)
                break;
            start += raw;
            if (!TryRead(rest[start..], out var word))
            {
                raw = start + 2;
                continue;
            }
            // §6.2: white space between two encoded words is not shown.
            if (charset is null || rest[..start].ContainsAnyExcept(" \t"u8))
            {
                Flush(text, pending, ref charset);
                text.Append(MimeText.DecodeCharset(rest[..start], null));
            }
            if (charset is not null && !charset.Equals(word.Charset, StringComparison.OrdinalIgnoreCase))
                Flush(text, pending, ref charset);
            charset = word.Charset;
            pending.Write(word.Octets);
            rest = rest[(start + word.Length)..];
            raw = 0;
        }
        Flush(text, pending, ref charset);
        return text.Append(MimeText.DecodeCharset(rest, null)).ToString();
    }

    private static void Flush(StringBuilder text, ArrayBufferWriter<byte> pending, ref string? charset)
    {
        if (charset is not null)
            text.Append(MimeText.DecodeCharset(pending.WrittenSpan, charset));
        pending.ResetWrittenCount();
        charset = null;
    }

    /// <summary>encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?=" (§2, RFC 2231 §5).</summary>
    private static bool TryRead(ReadOnlySpan<byte> text, out Word word)
    {
        word = default;
        var charset = text[2..];
        var charsetLength = charset.IndexOf((byte)'?');
        if (charsetLength <= 0 || charset.Length < charsetLength + 4 || charset[charsetLength + 2] != '?')
            return false;
        var encoding = charset[charsetLength + 1] | 0x20;
        var encoded = charset[(charsetLength + 3)..];
        var encodedLength = encoded.IndexOf((byte)'?');
        if (encoding is not ('b' or 'q') || encodedLength < 0 || encoded[encodedLength..] is not [(byte)'?', (byte)'=', ..])
            return false;
        charset = charset[..charsetLength];
        encoded = encoded[..encodedLength];
        if (charset.ContainsAny(" \t"u8))
            return false;
        var language = charset.IndexOf((byte)'*');
        if (language >= 0)
            charset = charset[..language];
        var octets = encoding == 'b' ? TransferEncodings.DecodeBase64(encoded) : DecodeQ(encoded);
        word = new(Encoding.Latin1.GetString(charset), octets, 2 + charsetLength + 3 + encodedLength + 2);
        return true;
    }

    /// <summary>§4.2: underscores are spaces, the rest is as quoted-printable.</summary>
    private static byte[] DecodeQ(ReadOnlySpan<byte> encoded)
    {
        var decoded = new byte[encoded.Length];
        var written = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] == '=' && TransferEncodings.TryHex(encoded[(i + 1)..], out var octet))
            {
                decoded[written++] = octet;
                i += 2;
            }
            else
                decoded[written++] = encoded[i] == '_' ? (byte)' ' : encoded[i];
        }
        return decoded[..written];
    }

    private readonly record struct Word(string Charset, byte[] Octets, int Length);
}
