namespace Courier.Imap.Grammar;

/// <summary>The n-th to the m-th of a result: from the first on, or with minus signs from the last back (RFC 9394 §3.1, RFC 5267 §4.4).</summary>
/// <remarks>partial-range = nz-number ":" nz-number / "-" nz-number ":-" nz-number</remarks>
internal readonly record struct PartialRange(uint First, uint Second, bool FromEnd)
{
    public static PartialRange Parse(ref ImapParser p)
    {
        var fromEnd = p.TryByte((byte)'-');
        var first = p.NonZero();
        p.Expect((byte)':', "Not a range");
        if (fromEnd)
            p.Expect((byte)'-', "Not a range");
        return new(first, p.NonZero(), fromEnd);
    }

    /// <summary>Which of so many results: where they begin and how many there are.</summary>
    public (int Start, int Length) Of(int count)
    {
        var low = (int)Math.Min(Math.Min(First, Second), int.MaxValue) - 1;
        var high = (int)Math.Min(Math.Max(First, Second), (uint)count);
        var length = Math.Max(0, high - low);
        return length == 0 ? (0, 0) : FromEnd ? (count - high, length) : (low, length);
    }

    /// <summary>The lower number first, in whatever order it was asked for.</summary>
    public override string ToString() =>
        (Math.Min(First, Second), Math.Max(First, Second)) is var (low, high) && FromEnd ? $"-{low}:-{high}" : $"{low}:{high}";
}
