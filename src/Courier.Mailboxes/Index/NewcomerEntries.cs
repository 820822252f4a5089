using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>What newcomers are in a snapshot, once they are in order and have their UIDs.</summary>
internal sealed class NewcomerEntries(Newcomers newcomers, Tables tables, long modSeq)
{
    /// <param name="editor">Takes them at its end.</param>
    /// <param name="table">Takes their names, if there is one.</param>
    /// <param name="keepsNames">Names stay where the listing put them; else, a few need not keep what else it showed.</param>
    internal void AddTo(SnapshotEditor editor, NameTable? table, bool keepsNames)
    {
        table?.Reserve(newcomers.Count);
        for (var start = 0; start < newcomers.Count; start += Chunk.Capacity)
        {
            var entries = new Entry[Math.Min(Chunk.Capacity, newcomers.Count - start)];
            for (var i = 0; i < entries.Length; i++)
            {
                ref readonly var item = ref newcomers.InOrder(start + i);
                var key = newcomers.NameOf(item);
                entries[i] = EntryOf(item, key);
                table?.Add(key, item.Uid);
            }

            var chunk = new Chunk(entries, newcomers.Names);
            editor.Add(keepsNames ? chunk : chunk.Copy());
        }
    }

    private Entry EntryOf(in Newcomers.Item item, ReadOnlySpan<byte> key)
    {
        var size = FileName.Figure(key, FileName.WireSizeKey);
        return new Entry
        {
            Uid = item.Uid,
            NameAt = item.NameAt,
            NameLength = item.NameLength,
            Flags = FileName.FlagsOf(FileName.LettersOf(tables.Tails[item.Tail])),
            Tail = item.Tail,
            Place = item.InNew ? Place.New | Place.Unclaimed : Place.None,
            Size = size is >= 0 and < Entry.UnknownSize ? (uint)size : Entry.UnknownSize,
            Date = Entry.UnknownDate,
            ModSeq = modSeq,
        };
    }
}
