using Courier.Mailboxes;

namespace Courier.Imap.Grammar;

/// <summary>Whether a command's numbers are sequence numbers or UIDs (RFC 3501 §6.4.8).</summary>
internal enum Numbering
{
    Sequence,
    Uid,
}

/// <summary>Two ends, in either order, as the client wrote them.</summary>
internal readonly record struct SequenceRange(uint First, uint Second)
{
    /// <summary>"*": the largest number in use.</summary>
    public const uint Star = uint.MaxValue;

    public bool HasStar => First == Star || Second == Star;

    /// <summary>The lower end first; "*" is <paramref name="last"/>.</summary>
    public (uint Low, uint High) Ordered(uint last)
    {
        var first = First == Star ? last : First;
        var second = Second == Star ? last : Second;
        return first <= second ? (first, second) : (second, first);
    }
}

/// <summary>Positions from 0 in a snapshot, both ends included.</summary>
internal readonly record struct PositionRange(int First, int Last);

/// <summary>sequence-set of RFC 3501 §9: numbers, ranges either way round, and "*".</summary>
internal sealed class SequenceSet(IReadOnlyList<SequenceRange> ranges)
{
    /// <summary>"$": what the last SEARCH with SAVE found (RFC 5182). Only the session knows what that is.</summary>
    public static SequenceSet Saved { get; } = new([]);

    public IReadOnlyList<SequenceRange> Ranges => ranges;

    /// <summary>The positions it names in a snapshot: ascending, none twice.</summary>
    /// <remarks>UIDs that are not there are passed over (§6.4.8). A sequence number beyond the last is the client's mistake (§9,
    /// seq-number); a range that begins within is cut, and "1:*" of an empty mailbox is nothing, since clients send it unseen.</remarks>
    public List<PositionRange> Resolve(MailboxSnapshot snapshot, Numbering numbering)
    {
        var found = new List<PositionRange>(ranges.Count);
        foreach (var range in ranges)
        {
            if ((numbering == Numbering.Uid ? ByUid(range, snapshot) : BySequence(range, snapshot.Count)) is { } positions && positions.First <= positions.Last)
                found.Add(positions);
        }

        return Merge(found);
    }

    /// <summary>The same where numbers are a condition and no request: what is not there does not fit (RFC 3501 §6.4.4).</summary>
    public List<PositionRange> Find(MailboxSnapshot snapshot, Numbering numbering) => numbering == Numbering.Uid || snapshot.Count == 0
        ? (snapshot.Count == 0 ? [] : Resolve(snapshot, numbering))
        : new SequenceSet([.. ranges.Where(range => range.Ordered((uint)snapshot.Count).Low <= snapshot.Count)]).Resolve(snapshot, numbering);

    public static int Count(List<PositionRange> positions)
    {
        var count = 0;
        foreach (var (first, last) in positions)
            count += last - first + 1;
        return count;
    }

    private static PositionRange? BySequence(SequenceRange range, int count)
    {
        if (count == 0 && range.HasStar)
            return null;
        var (low, high) = range.Ordered((uint)count);
        return low > count
            ? throw new ImapSyntaxException("There is no message with that number")
            : new((int)low - 1, (int)Math.Min(high, (uint)count) - 1);
    }

    private static PositionRange? ByUid(SequenceRange range, MailboxSnapshot snapshot)
    {
        if (snapshot.Count == 0)
            return null;
        var (low, high) = range.Ordered(snapshot.UidAt(snapshot.Count - 1).Value);
        return new(AtOrAfter(snapshot, low), high == uint.MaxValue ? snapshot.Count - 1 : AtOrAfter(snapshot, high + 1) - 1);
    }

    private static int AtOrAfter(MailboxSnapshot snapshot, uint uid)
    {
        var position = snapshot.IndexOf(new(uid));
        return position < 0 ? ~position : position;
    }

    /// <summary>In order, without overlap.</summary>
    internal static List<PositionRange> Merge(List<PositionRange> ranges)
    {
        if (ranges.Count < 2)
            return ranges;
        ranges.Sort(static (a, b) => a.First.CompareTo(b.First));
        var merged = new List<PositionRange> { ranges[0] };
        foreach (var range in ranges)
        {
            if (range.First <= merged[^1].Last + 1)
                merged[^1] = new(merged[^1].First, Math.Max(merged[^1].Last, range.Last));
            else
                merged.Add(range);
        }

        return merged;
    }
}
