namespace Courier.Mailboxes.Index;

/// <summary>Collects changes to a snapshot and makes the next one of them; copies only the chunks that it touches.</summary>
internal sealed class SnapshotEditor(Snapshot basis)
{
    private readonly Chunk[] _chunks = basis.Chunks.ToArray();
    private Entry[]?[]? _changed;
    private HashSet<int>? _removed;
    private List<Chunk>? _added;

    internal Snapshot Basis => basis;

    internal bool IsEmpty => _changed is null && _removed is null && _added is null;

    internal int RemovedCount => _removed?.Count ?? 0;

    /// <summary>The entry to be changed, by position in the basis. Its name and UID stay.</summary>
    internal ref Entry Change(int index)
    {
        var (chunk, at) = basis.Locate(index);
        _changed ??= new Entry[]?[_chunks.Length];
        return ref (_changed[chunk] ??= _chunks[chunk].CopyEntries())[at];
    }

    /// <summary>The entry as it will be, by position in the basis.</summary>
    internal ref readonly Entry Peek(int index)
    {
        var (chunk, at) = basis.Locate(index);
        if (_changed?[chunk] is { } entries)
            return ref entries[at];
        return ref _chunks[chunk].At(at);
    }

    internal void Remove(int index) => (_removed ??= []).Add(index);

    /// <summary>At the end: UIDs come in growing order.</summary>
    internal void Add(in Entry entry, ReadOnlySpan<byte> name)
    {
        _added ??= [];
        if (_added.Count > 0 && _added[^1].Append(entry, name) is { } longer)
            _added[^1] = longer;
        else
            _added.Add(Chunk.Of(entry, name));
    }

    /// <summary>The same for many.</summary>
    internal void Add(Chunk chunk) => (_added ??= []).Add(chunk);

    internal Snapshot Finish(uint uidValidity, uint uidNext, long modSeq)
    {
        for (var i = 0; i < _chunks.Length; i++)
        {
            if (_changed?[i] is { } entries)
                _chunks[i] = _chunks[i].With(entries);
        }

        var chunks = _removed is null ? _chunks.ToList() : Remaining();
        foreach (var added in _added ?? [])
        {
            if (chunks.Count > 0 && chunks[^1].LastUid >= added.FirstUid)
                throw new System.Diagnostics.UnreachableException("UIDs grow");
            if (chunks.Count == 0 || chunks[^1].Count + added.Count > Chunk.Capacity)
            {
                chunks.Add(added);
                continue;
            }

            foreach (ref readonly var entry in added.Entries)
                chunks[^1] = chunks[^1].Append(entry, added.NameOf(entry))!;
        }

        return new Snapshot(basis.Tables, [.. chunks], uidValidity, uidNext, modSeq);
    }

    /// <summary>The chunks without the removed messages; neighbours that became small are joined.</summary>
    private List<Chunk> Remaining()
    {
        var chunks = new List<Chunk>();
        var start = 0;
        foreach (var chunk in _chunks)
        {
            var first = start;
            start += chunk.Count;
            var touched = false;
            for (var i = 0; i < chunk.Count && !touched; i++)
                touched = _removed!.Contains(first + i);
            var joins = chunks.Count > 0 && chunks[^1].Count + chunk.Count <= Chunk.Capacity / 2;
            if (!touched && !joins)
            {
                // Else one message that stays would keep the names of all that went.
                chunks.Add(chunk.HasOwnNames ? chunk : chunk.Copy());
                continue;
            }

            // Never in place: an older snapshot may see what lies past the end of a chunk that lost its last entries.
            var target = joins ? chunks[^1].Copy() : null;
            for (var i = 0; i < chunk.Count; i++)
            {
                ref readonly var entry = ref chunk.At(i);
                if (!_removed!.Contains(first + i))
                    target = target is null ? Chunk.Of(entry, chunk.NameOf(entry)) : target.Append(entry, chunk.NameOf(entry));
            }

            if (target is null)
                continue;
            if (joins)
                chunks[^1] = target;
            else
                chunks.Add(target);
        }

        return chunks;
    }
}
