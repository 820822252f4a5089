using System.Collections.Immutable;

namespace Courier.Mailboxes.Index;

/// <summary>A mailbox at one moment, as an array of shared chunks.</summary>
internal sealed class Snapshot : MailboxSnapshot
{
    private readonly Chunk[] _chunks;
    private readonly int[] _starts;
    private readonly Tables _tables;

    internal Snapshot(Tables tables, Chunk[] chunks, uint uidValidity, uint uidNext, long modSeq)
    {
        (_tables, _chunks) = (tables, chunks);
        (UidValidity, UidNext, HighestModSeq) = (new UidValidity(uidValidity), new Uid(uidNext), new ModSeq(modSeq));
        Keywords = tables.Keywords.Names;
        _starts = new int[chunks.Length];
        for (var i = 0; i < chunks.Length; i++)
        {
            _starts[i] = Count;
            Count += chunks[i].Count;
            UnseenCount += chunks[i].Unseen;
            UnclaimedCount += chunks[i].Unclaimed;
            NewCount += chunks[i].New;
        }
    }

    public override UidValidity UidValidity { get; }

    public override Uid UidNext { get; }

    public override ModSeq HighestModSeq { get; }

    public override int Count { get; }

    public override ImmutableArray<string> Keywords { get; }

    public override int UnseenCount { get; }

    public override int UnclaimedCount { get; }

    /// <summary>Messages whose file is in new/.</summary>
    internal int NewCount { get; }

    internal ReadOnlySpan<Chunk> Chunks => _chunks;

    internal Tables Tables => _tables;

    internal uint LastUid => _chunks.Length == 0 ? 0 : _chunks[^1].LastUid;

    public override int FirstUnseen
    {
        get
        {
            for (var i = 0; i < _chunks.Length; i++)
            {
                if (_chunks[i].Unseen == 0)
                    continue;
                var entries = _chunks[i].Entries;
                for (var j = 0; j < entries.Length; j++)
                {
                    if (!entries[j].IsSeen)
                        return _starts[i] + j;
                }
            }

            return -1;
        }
    }

    public override MessageRecord this[int index]
    {
        get
        {
            ref readonly var entry = ref EntryAt(index);
            return new MessageRecord(this, index, entry, _tables.Keywords[entry.KeywordSet]);
        }
    }

    public override Uid UidAt(int index) => new(EntryAt(index).Uid);

    public override MessageFlags FlagsAt(int index) => EntryAt(index).Flags;

    public override ImmutableArray<string> KeywordsAt(int index) => _tables.Keywords[EntryAt(index).KeywordSet];

    public override bool IsUnclaimedAt(int index) => EntryAt(index).IsUnclaimed;

    public override int IndexOf(Uid uid)
    {
        var (low, high) = (0, _chunks.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var chunk = _chunks[middle];
            if (chunk.LastUid < uid.Value)
                low = middle + 1;
            else if (chunk.FirstUid > uid.Value)
                high = middle - 1;
            else
            {
                var at = chunk.IndexOf(uid.Value);
                return at >= 0 ? _starts[middle] + at : ~(_starts[middle] + ~at);
            }
        }

        return ~(low < _chunks.Length ? _starts[low] : Count);
    }

    public override IReadOnlyList<int> ChangedSince(MailboxSnapshot older)
    {
        if (ReferenceEquals(older, this))
            return [];
        var changed = new List<int>();
        var shared = older is Snapshot other && ReferenceEquals(other._tables, _tables) ? other._chunks : [];
        var at = 0;
        for (var i = 0; i < _chunks.Length; i++)
        {
            // Both lists of chunks are in order of UID: a shared one is met at most once in one walk.
            while (at < shared.Length && shared[at].LastUid < _chunks[i].FirstUid)
                at++;
            if (at < shared.Length && ReferenceEquals(shared[at], _chunks[i]))
                continue;
            AddChanged(i, older, changed);
        }

        return changed;
    }

    /// <summary>The chunk that holds a position, and the position in it.</summary>
    internal (int Chunk, int Index) Locate(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        // Chunks are about equally full: the guess is rarely off by more than a few.
        var chunk = (int)((long)index * _chunks.Length / Count);
        while (_starts[chunk] > index)
            chunk--;
        while (chunk + 1 < _starts.Length && _starts[chunk + 1] <= index)
            chunk++;
        return (chunk, index - _starts[chunk]);
    }

    internal ref Entry EntryAt(int index)
    {
        var (chunk, at) = Locate(index);
        return ref _chunks[chunk].At(at);
    }

    internal ReadOnlySpan<byte> NameAt(int index)
    {
        var (chunk, at) = Locate(index);
        return _chunks[chunk].NameOf(_chunks[chunk].At(at));
    }

    private void AddChanged(int chunk, MailboxSnapshot older, List<int> changed)
    {
        var entries = _chunks[chunk].Entries;
        for (var j = 0; j < entries.Length; j++)
        {
            ref readonly var entry = ref entries[j];
            var index = older.IndexOf(new Uid(entry.Uid));
            if (index < 0 || older.FlagsAt(index) != entry.Flags || !SameKeywords(older, index, entry.KeywordSet))
                changed.Add(_starts[chunk] + j);
        }
    }

    private bool SameKeywords(MailboxSnapshot older, int index, int set) =>
        older is Snapshot other && ReferenceEquals(other._tables, _tables)
            ? other.EntryAt(index).KeywordSet == set
            : older.KeywordsAt(index).SequenceEqual(_tables.Keywords[set], StringComparer.OrdinalIgnoreCase);
}

/// <summary>What all snapshots of one open mailbox share: the tables, and who answers what a name does not say.</summary>
internal sealed record Tables(TailTable Tails, KeywordTable Keywords, IMessageFacts Facts);

/// <summary>Finds out, by looking at the file, what neither name nor index says; and keeps it in the entry.</summary>
internal interface IMessageFacts
{
    uint SizeOf(Snapshot snapshot, int index);

    long DateOf(Snapshot snapshot, int index);
}
