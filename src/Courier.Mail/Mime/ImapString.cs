using System.Buffers;
using System.Globalization;
using System.Text;

namespace Courier.Mail.Mime;

/// <summary>Writes nstring (RFC 3501 §4.3, §9): quoted where the grammar lets it, else a literal.</summary>
internal static class ImapString
{
    // QUOTED-CHAR is any 7-bit CHAR but CR and LF; NUL is in no string at all.
    private static readonly SearchValues<byte> Quotable =
        SearchValues.Create([.. Enumerable.Range(1, 127).Select(c => (byte)c).Where(c => c is not ((byte)'\r' or (byte)'\n'))]);

    private static readonly SearchValues<byte> Escaped = SearchValues.Create("\"\\"u8);

    public static void WriteNil(IBufferWriter<byte> output) => output.Write("NIL"u8);

    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        if (text.Length > MimeLimits.ImapString)
            text = text[..MimeLimits.ImapString];
        if (text.Length > MimeLimits.QuotedString || text.ContainsAnyExcept(Quotable))
            WriteLiteral(output, text);
        else
            WriteQuoted(output, text);
    }

    /// <summary>One octet per character.</summary>
    public static void Write(IBufferWriter<byte> output, string text)
    {
        var octets = ArrayPool<byte>.Shared.Rent(text.Length);
        Write(output, octets.AsSpan(0, Encoding.Latin1.GetBytes(text, octets)));
        ArrayPool<byte>.Shared.Return(octets);
    }

    public static void WriteNumber(IBufferWriter<byte> output, int number)
    {
        var room = output.GetSpan(11);
        number.TryFormat(room, out var written, provider: CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private static void WriteQuoted(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        output.Write("\""u8);
        for (var stop = text.IndexOfAny(Escaped); stop >= 0; stop = text.IndexOfAny(Escaped))
        {
            output.Write(text[..stop]);
            output.Write("\\"u8);
            output.Write(text.Slice(stop, 1));
            text = text[(stop + 1)..];
        }
        output.Write(text);
        output.Write("\""u8);
    }

    private static void WriteLiteral(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        output.Write("{"u8);
        WriteNumber(output, text.Length);
        output.Write("}\r\n"u8);
        text.Replace(output.GetSpan(text.Length), (byte)0, (byte)'?');
        output.Advance(text.Length);
    }
}
