namespace Courier.Mailboxes.Index;

/// <summary>Up to 256 neighbouring messages of a snapshot. Immutable but for three facts that are the same for everybody who fills them in
/// (size, date, place of the forms): a change of flags copies one chunk, and snapshots share all others.</summary>
/// <remarks>Names are its own, one after the other, or stay in the heap that a large listing has filled; then the first entry that goes or comes
/// gives the chunk a copy of its own.
/// The newest chunk grows in place: entries past <see cref="Count"/> are invisible to whoever holds the older object, and only the one writer
/// under the mailbox's gate appends, always to the newest.</remarks>
internal sealed class Chunk
{
    internal const int Capacity = 256;

    private readonly Entry[] _entries;
    private readonly byte[][] _names;

    /// <summary>-1 where they are in a heap with those of other chunks.</summary>
    private readonly int _namesLength;

    internal Chunk(Entry[] entries, byte[] names, int count, int namesLength)
        : this(entries, [names], count, namesLength)
    {
    }

    /// <summary>The names stay where they are.</summary>
    internal Chunk(Entry[] entries, NameHeap names)
        : this(entries, names.Segments, entries.Length, -1)
    {
    }

    private Chunk(Entry[] entries, byte[][] names, int count, int namesLength)
    {
        (_entries, _names, Count, _namesLength) = (entries, names, count, namesLength);
        foreach (ref readonly var entry in Entries)
        {
            if (!entry.IsSeen)
                Unseen++;
            if (entry.IsUnclaimed)
                Unclaimed++;
            if (entry.IsNew)
                New++;
        }
    }

    /// <summary><paramref name="before"/> with one more entry at its end.</summary>
    private Chunk(Chunk before, Entry[] entries, byte[] names, int namesLength)
    {
        (_entries, _names, Count, _namesLength) = (entries, ReferenceEquals(names, before._names[0]) ? before._names : [names], before.Count + 1, namesLength);
        ref readonly var added = ref entries[before.Count];
        Unseen = before.Unseen + (added.IsSeen ? 0 : 1);
        Unclaimed = before.Unclaimed + (added.IsUnclaimed ? 1 : 0);
        New = before.New + (added.IsNew ? 1 : 0);
    }

    internal int Count { get; }

    internal int Unseen { get; }

    internal int Unclaimed { get; }

    internal int New { get; }

    internal ReadOnlySpan<Entry> Entries => _entries.AsSpan(0, Count);

    /// <summary>Octets of all names.</summary>
    internal int NamesLength
    {
        get
        {
            if (HasOwnNames)
                return _namesLength;
            var length = 0;
            foreach (ref readonly var entry in Entries)
                length += entry.NameLength;
            return length;
        }
    }

    internal bool HasOwnNames => _namesLength >= 0;

    /// <summary>All names, one after the other in the order of the entries.</summary>
    internal void CopyNames(Span<byte> into)
    {
        if (HasOwnNames)
        {
            _names[0].AsSpan(0, _namesLength).CopyTo(into);
            return;
        }

        foreach (ref readonly var entry in Entries)
        {
            NameOf(entry).CopyTo(into);
            into = into[entry.NameLength..];
        }
    }

    internal uint FirstUid => _entries[0].Uid;

    internal uint LastUid => _entries[Count - 1].Uid;

    /// <summary>For filling in what is the same for everybody.</summary>
    internal ref Entry At(int index) => ref _entries[index];

    internal ReadOnlySpan<byte> NameOf(in Entry entry) => NameHeap.Read(_names, entry.NameAt, entry.NameLength);

    /// <summary>A copy whose entries may be changed until it is published; names are shared.</summary>
    internal Entry[] CopyEntries()
    {
        var copy = new Entry[Math.Max(Count, 1)];
        Entries.CopyTo(copy);
        return copy;
    }

    /// <summary>The same names with other entries of the same count.</summary>
    internal Chunk With(Entry[] entries) => new(entries, _names, Count, _namesLength);

    /// <summary>One more message at the end; null when it is full.</summary>
    internal Chunk? Append(in Entry entry, ReadOnlySpan<byte> name)
    {
        if (Count == Capacity)
            return null;
        if (!HasOwnNames)
            return Copy().Append(entry, name);
        var entries = _entries;
        var names = _names[0];
        if (entries.Length == Count)
            Array.Resize(ref entries, Math.Min(Capacity, Math.Max(8, Count * 2)));
        if (Count + 1 == Capacity)
            Array.Resize(ref names, _namesLength + name.Length); // the last: no room is left over
        else if (names.Length < _namesLength + name.Length)
            Array.Resize(ref names, Math.Max((_namesLength + name.Length) * 2, 512));
        name.CopyTo(names.AsSpan(_namesLength));
        entries[Count] = entry;
        entries[Count].NameAt = _namesLength;
        entries[Count].NameLength = (byte)name.Length;
        return new Chunk(this, entries, names, _namesLength + name.Length);
    }

    /// <summary>With entries and names of its own.</summary>
    internal Chunk Copy()
    {
        var entries = CopyEntries();
        var names = new byte[NamesLength];
        CopyNames(names);
        var at = 0;
        foreach (ref var entry in entries.AsSpan(0, Count))
        {
            entry.NameAt = at;
            at += entry.NameLength;
        }

        return new Chunk(entries, names, Count, at);
    }

    internal static Chunk Of(in Entry entry, ReadOnlySpan<byte> name) => new Chunk([], Array.Empty<byte>(), 0, 0).Append(entry, name)!;

    /// <summary>Position of a UID, or the complement of where it would be.</summary>
    internal int IndexOf(uint uid)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var found = _entries[middle].Uid;
            if (found == uid)
                return middle;
            if (found < uid)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }
}
