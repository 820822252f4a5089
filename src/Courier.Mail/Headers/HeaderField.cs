namespace Courier.Mail.Headers;

/// <summary>One field of a header, by offsets into the block it was read from (RFC 5322 §2.2).</summary>
public readonly record struct HeaderField(int Start, int NameLength, int ValueStart, int Length)
{
    /// <summary>From the name to the line end of its last line.</summary>
    public Range All => Start..(Start + Length);

    public Range Name => Start..(Start + NameLength);

    /// <summary>From after the colon to before the last line end; folds included.</summary>
    public Range Value => ValueStart..(Start + Length);
}

/// <summary>Walks the fields of a header block: <c>foreach (var field in new HeaderReader(header))</c>. CRLF or LF.</summary>
public ref struct HeaderReader(ReadOnlySpan<byte> header)
{
    private readonly ReadOnlySpan<byte> _header = header;

    public HeaderField Current { get; private set; }

    public readonly HeaderReader GetEnumerator() => this;

    public bool MoveNext() => throw new NotImplementedException();

    /// <summary>The unfolded value of the first field of that name, white space at both ends removed; null without one.</summary>
    public static byte[]? Find(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name) => throw new NotImplementedException();

    /// <summary>How long the header at the start of a message is, with the empty line that ends it.</summary>
    public static int HeaderLength(ReadOnlySpan<byte> message) => throw new NotImplementedException();
}

/// <summary>HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 3501 §6.4.5).</summary>
public static class HeaderFilter
{
    /// <summary>The fields whose names are (or are not) in the list, in order, ended by an empty line.</summary>
    public static byte[] Select(ReadOnlySpan<byte> header, IReadOnlyCollection<string> names, bool except) => throw new NotImplementedException();
}
