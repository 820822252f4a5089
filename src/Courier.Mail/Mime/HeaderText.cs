using System.Buffers;

namespace Courier.Mail.Mime;

/// <summary>Header values as IMAP strings.</summary>
internal static class HeaderText
{
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    private static readonly SearchValues<byte> Spaces = SearchValues.Create(" \t\r\n"u8);

    /// <summary>The value with nothing taken out but line ends, and white space around its first line.</summary>
    public static ReadOnlySpan<byte> Unfold(ReadOnlySpan<byte> value)
    {
        value = value.TrimStart(" \t"u8).TrimEnd(" \t\r\n"u8);
        if (!value.ContainsAny(LineEnds))
            return value;
        var unfolded = new byte[value.Length];
        var length = 0;
        foreach (var octet in value)
            if (octet is not ((byte)'\r' or (byte)'\n'))
                unfolded[length++] = octet;
        return unfolded.AsSpan(0, length);
    }

    /// <summary>Each run of white space as one space, none at the ends: folding leaves no trace.</summary>
    public static void WriteForPeople(IBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        value = value.Trim(" \t\r\n"u8);
        var collapsed = ArrayPool<byte>.Shared.Rent(Math.Max(value.Length, 1));
        var length = 0;
        while (!value.IsEmpty)
        {
            var word = value.IndexOfAny(Spaces);
            if (word < 0)
                word = value.Length;
            value[..word].CopyTo(collapsed.AsSpan(length));
            length += word;
            if (word == value.Length)
                break;
            collapsed[length++] = (byte)' ';
            value = value[word..].TrimStart(" \t\r\n"u8);
        }
        ImapString.Write(output, collapsed.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(collapsed);
    }
}
