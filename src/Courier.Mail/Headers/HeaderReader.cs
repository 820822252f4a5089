using System.Text;

namespace Courier.Mail.Headers;

/// <summary>Walks the fields of a header block: <c>foreach (var field in new HeaderReader(header))</c>. CRLF or LF.</summary>
/// <remarks>Stops at the empty line. Nothing before it is skipped: a line without a colon, such as a stray <c>From </c> line, comes
/// as a field with an empty name, so that a filter can keep it.</remarks>
public ref struct HeaderReader(ReadOnlySpan<byte> header)
{
    private readonly ReadOnlySpan<byte> _header = header;
    private int _position;

    public HeaderField Current { get; private set; }

    public readonly HeaderReader GetEnumerator() => this;

    public bool MoveNext()
    {
        var start = _position;
        if (start >= _header.Length || EmptyLineLength(_header[start..]) != 0)
            return false;
        var end = LineEnd(start);
        // A field goes on while lines begin with white space (RFC 5322 §2.2.3).
        while (end < _header.Length && _header[end] is (byte)' ' or (byte)'\t')
            end = LineEnd(end);
        _position = end;

        var length = end - start - LineEndLength(_header[start..end]);
        var colon = _header.Slice(start, length).IndexOfAny((byte)':', (byte)'\n');
        if (colon < 0 || _header[start + colon] != ':')
        {
            Current = new(start, 0, start, length);
            return true;
        }
        var name = _header.Slice(start, colon).TrimEnd(" \t"u8);
        Current = new(start, name.Length, start + colon + 1, length);
        return true;
    }

    /// <summary>The unfolded value of the first field of that name, white space at both ends removed; null without one.</summary>
    public static byte[]? Find(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name)
    {
        foreach (var field in new HeaderReader(header))
            if (Ascii.EqualsIgnoreCase(header[field.Name], name))
                return Unfold(header[field.Value]);
        return null;
    }

    /// <summary>How long the header at the start of a message is, with the empty line that ends it.</summary>
    public static int HeaderLength(ReadOnlySpan<byte> message)
    {
        var position = 0;
        while (position < message.Length)
        {
            var rest = message[position..];
            if (EmptyLineLength(rest) is var empty and not 0)
                return position + empty;
            var line = rest.IndexOf((byte)'\n');
            if (line < 0)
                break;
            position += line + 1;
        }
        return message.Length;
    }

    /// <summary>Line ends taken out (RFC 5322 §2.2.3) and white space at both ends.</summary>
    internal static byte[] Unfold(ReadOnlySpan<byte> value)
    {
        value = value.Trim(" \t\r\n"u8);
        var unfolded = new byte[value.Length];
        var length = 0;
        for (var end = value.IndexOf((byte)'\n'); end >= 0; end = value.IndexOf((byte)'\n'))
        {
            var line = value[..end];
            if (line is [.., (byte)'\r'])
                line = line[..^1];
            line.CopyTo(unfolded.AsSpan(length));
            length += line.Length;
            value = value[(end + 1)..];
        }
        value.CopyTo(unfolded.AsSpan(length));
        length += value.Length;
        return length == unfolded.Length ? unfolded : unfolded[..length];
    }

    /// <summary>2 for CRLF, 1 for LF, 0 where the line is not empty.</summary>
    internal static int EmptyLineLength(ReadOnlySpan<byte> text) => text switch
    {
        [(byte)'\n', ..] => 1,
        [(byte)'\r', (byte)'\n', ..] => 2,
        _ => 0,
    };

    /// <summary>Whether the empty line is there, or the block just ends.</summary>
    public static bool EndsWithEmptyLine(ReadOnlySpan<byte> header) => header switch
    {
        [] => false,
        [(byte)'\n'] or [(byte)'\r', (byte)'\n'] => true,
        [.., (byte)'\n', (byte)'\n'] or [.., (byte)'\n', (byte)'\r', (byte)'\n'] => true,
        _ => false,
    };

    private readonly int LineEnd(int start)
    {
        var length = _header[start..].IndexOf((byte)'\n');
        return length < 0 ? _header.Length : start + length + 1;
    }

    private static int LineEndLength(ReadOnlySpan<byte> text) => text switch
    {
        [.., (byte)'\r', (byte)'\n'] => 2,
        [.., (byte)'\n'] => 1,
        _ => 0,
    };
}
