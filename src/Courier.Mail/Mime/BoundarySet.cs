namespace Courier.Mail.Mime;

/// <summary>The boundaries of the open multiparts, and which of them a line begins with: the longest, and of equal ones the
/// innermost.</summary>
/// <remarks>Sorted, so that a line is held against few of them: a hundred open boundaries and a message of nothing but boundary-like
/// lines would else cost a hundred times its length. Of the entries not after the line in order, the last either is its beginning
/// or shares with it every entry that is; those hang together by <see cref="Entry.Shorter"/>.</remarks>
internal sealed class BoundarySet
{
    private readonly List<Entry> _sorted = [];

    public int Count => _sorted.Count;

    public void Add(byte[] boundary, int level)
    {
        var at = After(boundary);
        _sorted.Insert(at, new(boundary, level));
        Link();
    }

    public void Remove(int level)
    {
        _sorted.RemoveAll(entry => entry.Level == level);
        Link();
    }

    /// <summary>The level and length of the boundary that the text (after its dashes) begins with; -1 without one.</summary>
    public (int Level, int Length) Match(ReadOnlySpan<byte> text)
    {
        var at = After(text) - 1;
        if (at < 0)
            return (-1, 0);
        var shared = text.CommonPrefixLength(_sorted[at].Boundary);
        while (at >= 0 && _sorted[at].Boundary.Length > shared)
            at = _sorted[at].Shorter;
        return at < 0 ? (-1, 0) : (_sorted[at].Level, _sorted[at].Boundary.Length);
    }

    /// <summary>How many entries come before the text or are equal to it; equal ones lie in order of level.</summary>
    private int After(ReadOnlySpan<byte> text)
    {
        var (low, high) = (0, _sorted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (text.SequenceCompareTo(_sorted[middle].Boundary) >= 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private void Link()
    {
        for (var i = 0; i < _sorted.Count; i++)
        {
            // The entry before is a beginning of this one, or has the beginnings of this one among its own.
            var shorter = i - 1;
            while (shorter >= 0 && !_sorted[i].Boundary.AsSpan().StartsWith(_sorted[shorter].Boundary))
                shorter = _sorted[shorter].Shorter;
            _sorted[i] = _sorted[i] with { Shorter = shorter };
        }
    }

    /// <param name="Boundary">Without dashes.</param>
    /// <param name="Level">Which open part has it.</param>
    /// <param name="Shorter">Index of the longest other entry that this one begins with; -1 without one.</param>
    private readonly record struct Entry(byte[] Boundary, int Level, int Shorter = -1);
}
