using Courier.Mailboxes.FullText;

namespace Courier.Mailboxes.Search;

/// <summary>What the full text index says in one search: which messages cannot contain a text. It is opened only when messages would have to be
/// read, and for more than a few.</summary>
internal sealed class TextLookup(SearchScope scope)
{
    /// <summary>Reading so many messages costs about as much as opening the index.</summary>
    private const int Few = 16;

    private Dictionary<TextPattern, ulong[]?>? _found;
    private int _undecided;

    /// <summary>Counts a message that would have to be read; true once, when the index was opened because of it.</summary>
    public bool IsNewlyOpen()
    {
        if (_undecided > Few || ++_undecided <= Few || scope.Mailbox is null)
            return false;
        _found = new(ReferenceEqualityComparer.Instance);
        return true;
    }

    /// <summary>False only when it certainly does not.</summary>
    public bool MayContain(TextPattern pattern, int position)
    {
        if (_found is null)
            return true;
        if (!_found.TryGetValue(pattern, out var bits))
            _found[pattern] = bits = Find(pattern);
        return bits is null || (bits[position >> 6] & (1UL << (position & 63))) != 0;
    }

    private ulong[]? Find(TextPattern pattern)
    {
        ulong[]? found = null;
        foreach (var piece in pattern.Pieces)
        {
            if (Find(piece) is not { } bits)
                return null;
            found = found is null ? bits : [.. found.Zip(bits, static (one, other) => one | other)];
        }

        return found;
    }

    private ulong[]? Find(string piece)
    {
        var grams = PatternGrams.Of(piece);
        if (grams.Length == 0)
            return null;
        var mailbox = scope.Mailbox!;
        try
        {
            using var segments = mailbox.OpenSegments(scope.Snapshot);
            return segments?.MayContain(grams);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.TextIndexNotRead(mailbox.Logger, mailbox.Path, e);
            return null;
        }
    }
}
