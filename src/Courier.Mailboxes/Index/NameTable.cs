using System.Numerics;

namespace Courier.Mailboxes.Index;

/// <summary>Finds a message by its base name: hash and UID in open addressing, 16 octets a message at half load; the names
/// themselves are looked up in the snapshot. Made when a listing first needs it.</summary>
internal sealed class NameTable
{
    private const int FirstSlots = 64;

    private (uint Hash, uint Uid)[] _slots = new (uint, uint)[FirstSlots];

    /// <summary>Slots in use, those of removed messages too.</summary>
    private int _used;

    /// <summary>More dead slots than living ones.</summary>
    internal bool IsStale(int messages) => _used > (messages * 2) + FirstSlots;

    internal static NameTable Of(Snapshot snapshot)
    {
        var table = new NameTable();
        table.Resize(snapshot.Count);
        foreach (var chunk in snapshot.Chunks)
        {
            foreach (ref readonly var entry in chunk.Entries)
                table.Add(chunk.NameOf(entry), entry.Uid);
        }

        return table;
    }

    /// <summary>Position in the snapshot, -1 when no message has that base name.</summary>
    internal int Find(Snapshot snapshot, ReadOnlySpan<byte> name)
    {
        var hash = HashOf(name);
        var mask = _slots.Length - 1;
        for (var at = (int)hash & mask; _slots[at].Uid != 0; at = (at + 1) & mask)
        {
            if (_slots[at].Hash != hash)
                continue;
            // A removed message stays in the table until it is made anew: the snapshot does not have it.
            var index = snapshot.IndexOf(new Uid(_slots[at].Uid));
            if (index >= 0 && snapshot.NameAt(index).SequenceEqual(name))
                return index;
        }

        return -1;
    }

    /// <summary>There is room for so many more.</summary>
    internal void Reserve(int messages)
    {
        if ((_used + messages) * 2L > _slots.Length)
            Resize(_used + messages);
    }

    internal void Add(ReadOnlySpan<byte> name, uint uid)
    {
        if (_used * 2 >= _slots.Length)
            Resize(_used * 2);
        Put(HashOf(name), uid);
    }

    private void Put(uint hash, uint uid)
    {
        var mask = _slots.Length - 1;
        var at = (int)hash & mask;
        while (_slots[at].Uid != 0)
            at = (at + 1) & mask;
        _slots[at] = (hash, uid);
        _used++;
    }

    private void Resize(int messages)
    {
        var old = _slots;
        _slots = new (uint, uint)[Math.Max(FirstSlots, (int)BitOperations.RoundUpToPowerOf2((uint)messages * 2 + 1))];
        _used = 0;
        foreach (var (hash, uid) in old)
        {
            if (uid != 0)
                Put(hash, uid);
        }
    }

    /// <summary>Seeded, so that nobody can prepare names that collide.</summary>
    private static readonly uint Seed = (uint)System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue);

    private static uint HashOf(ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        hash.Add(Seed);
        hash.AddBytes(name);
        return (uint)hash.ToHashCode();
    }
}
