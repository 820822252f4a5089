namespace Courier.Imap.Grammar;

/// <summary>The literal that carries a message: how long, and whether the client waits to be asked for it.</summary>
internal readonly record struct MessageLiteral(long Length, bool IsSynchronizing);

/// <summary>What the end of a line says of the literal that comes next (RFC 3501 §4.3, RFC 7888).</summary>
internal static class LiteralAhead
{
    /// <summary>literal = "{" number ["+"] "}" at the end of a line. A number beyond all bounds is just too large.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> line, out int start, out long length, out bool isSynchronizing)
    {
        (start, length, isSynchronizing) = (0, 0, true);
        if (line.IsEmpty || line[^1] != '}')
            return false;
        start = line.LastIndexOf((byte)'{');
        if (start < 0)
            return false;
        var digits = line[(start + 1)..^1];
        if (!digits.IsEmpty && digits[^1] == '+')
        {
            digits = digits[..^1];
            isSynchronizing = false;
        }

        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        foreach (var digit in digits)
            length = length > long.MaxValue / 100 ? length : (length * 10) + digit - '0';
        return true;
    }

    /// <summary>append = "APPEND" SP mailbox … SP literal, replace = ["UID" SP] "REPLACE" SP number SP mailbox … SP literal: the literal is a
    /// message unless it is the mailbox.</summary>
    internal static bool IsMessage(ReadOnlySpan<byte> beforeLiteral)
    {
        var rest = beforeLiteral[(beforeLiteral.IndexOf((byte)' ') + 1)..];
        if (TryWord(ref rest, "APPEND "u8))
            return !rest.IsEmpty;
        TryWord(ref rest, "UID "u8);
        if (!TryWord(ref rest, "REPLACE "u8))
            return false;
        var space = rest.IndexOf((byte)' ');
        return space > 0 && !rest[..space].Contains((byte)'{') && space + 1 < rest.Length;
    }

    private static bool TryWord(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        if (text.Length < word.Length || !System.Text.Ascii.EqualsIgnoreCase(text[..word.Length], word))
            return false;
        text = text[word.Length..];
        return true;
    }
}
