namespace Courier.Mail.Headers;

/// <summary>One field of a header, by offsets into the block it was read from (RFC 5322 §2.2).</summary>
/// <param name="Start">Where its first line begins.</param>
/// <param name="NameLength">Without white space before the colon; 0 for a line that is no field (see <see cref="HeaderReader"/>).</param>
/// <param name="ValueStart">After the colon.</param>
/// <param name="Length">Without the last line end.</param>
public readonly record struct HeaderField(int Start, int NameLength, int ValueStart, int Length)
{
    /// <summary>From the name up to, not with, the line end of its last line.</summary>
    public Range All => Start..(Start + Length);

    public Range Name => Start..(Start + NameLength);

    /// <summary>From after the colon to before the last line end; folds included.</summary>
    public Range Value => ValueStart..(Start + Length);
}
