using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Courier.Mailboxes.FullText;

/// <summary>A message that a segment knows: its UID, and a hash of its file's base name, so that a UID that came to mean another message
/// (a restored backup) is not taken for this one.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct SegmentMessage(uint Uid, uint Name);

/// <summary>Part of a mailbox's full text index: some messages, numbered from 0 by UID, and for each gram the numbers of those that have it.
/// A file that never changes.</summary>
/// <remarks>Pages as <see cref="PagedFileWriter"/> writes them: the lists one after the other, the dictionary (distance from the gram before and length
/// of the list, for each gram), its directory (one entry for every <see cref="BlockGrams"/> grams), the messages.</remarks>
internal sealed class Segment : IDisposable
{
    internal const int BlockGrams = 128;
    internal const int DirectoryEntryBytes = 16;
    internal const int HeaderBytes = 56;
    internal const ulong Magic = 0x31_5458455443_52; // "RCTEXT1" read as little-endian

    private readonly PagedFile _file;
    private readonly Block[] _blocks;

    private Segment(string path, PagedFile file)
    {
        (Path, _file) = (path, file);
        var header = file.Header.AsSpan();
        if (BinaryPrimitives.ReadUInt64LittleEndian(header) != Magic)
            throw new DamagedSegmentException(path);
        UidValidity = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        var messages = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        GramCount = BinaryPrimitives.ReadInt32LittleEndian(header[16..]);
        DictionaryAt = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
        var directoryAt = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        var messagesAt = BinaryPrimitives.ReadInt64LittleEndian(header[40..]);
        _blocks = file.Read(directoryAt, (GramCount + BlockGrams - 1) / BlockGrams * DirectoryEntryBytes, this, static (bytes, self) => self.ReadDirectory(bytes));
        Messages = file.Read(messagesAt, checked(messages * 8), 0, static (bytes, _) => MemoryMarshal.Cast<byte, SegmentMessage>(bytes).ToArray());
        _directoryAt = directoryAt;
    }

    private readonly long _directoryAt;

    internal string Path { get; }

    internal uint UidValidity { get; }

    /// <summary>By UID, ascending.</summary>
    internal SegmentMessage[] Messages { get; }

    internal int GramCount { get; }

    internal long Bytes => _file.Length;

    private long DictionaryAt { get; }

    internal static Segment Open(string path)
    {
        var file = PagedFile.Open(path);
        try
        {
            return new Segment(path, file);
        }
        catch (Exception e)
        {
            file.Dispose();
            if (e is OverflowException or ArgumentException)
                throw new DamagedSegmentException(path);
            throw;
        }
    }

    /// <summary>Where the list of a gram lies; length 0 where no message has it.</summary>
    internal (long At, int Length) Find(int gram)
    {
        var (low, high) = (0, _blocks.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_blocks[middle].FirstGram <= gram)
                low = middle + 1;
            else
                high = middle - 1;
        }

        if (high < 0)
            return default;
        var found = (0L, 0);
        ReadBlock(high, entry =>
        {
            if (entry.Gram == gram)
                found = (entry.At, entry.Length);
        });
        return found;
    }

    /// <summary>Sets the bits of the messages that have all of the grams; returns false when there is none.</summary>
    internal bool Intersect(ReadOnlySpan<int> grams, ulong[] bits)
    {
        var lists = new (long At, int Length)[grams.Length];
        for (var i = 0; i < grams.Length; i++)
        {
            lists[i] = Find(grams[i]);
            if (lists[i].Length == 0)
                return false;
        }

        // The rarest first. When few are left, looking at them costs less than reading on.
        Array.Sort(lists, static (left, right) => left.Length.CompareTo(right.Length));
        ReadList(lists[0], bits);
        var other = new ulong[bits.Length];
        foreach (var list in lists.AsSpan(1))
        {
            if (PostingList.CountOf(bits) <= FewMessages)
                break;
            Array.Clear(other);
            ReadList(list, other);
            for (var i = 0; i < bits.Length; i++)
                bits[i] &= other[i];
        }

        return true;
    }

    internal void ReadList((long At, int Length) list, ulong[] bits)
    {
        if (!_file.Read(list.At, list.Length, (Bits: bits, Messages.Length), static (bytes, into) => PostingList.TryRead(bytes, into.Length, into.Bits)))
            throw new DamagedSegmentException(Path);
    }

    /// <summary>All lists in order of gram.</summary>
    internal IEnumerable<(int Gram, long At, int Length)> Lists()
    {
        for (var block = 0; block < _blocks.Length; block++)
        {
            var entries = new List<(int Gram, long At, int Length)>(BlockGrams);
            ReadBlock(block, entries.Add);
            foreach (var entry in entries)
                yield return entry;
        }
    }

    public void Dispose() => _file.Dispose();

    private const int FewMessages = 4;

    private void ReadBlock(int block, Action<(int Gram, long At, int Length)> entry)
    {
        var (start, end) = (_blocks[block].EntriesAt, block + 1 < _blocks.Length ? _blocks[block + 1].EntriesAt : DictionaryLength);
        _file.Read(DictionaryAt + start, (int)(end - start), (Segment: this, Block: block, Entry: entry), static (bytes, state) =>
        {
            var gram = state.Segment._blocks[state.Block].FirstGram;
            var at = state.Segment._blocks[state.Block].ListsAt;
            var left = Math.Min(BlockGrams, state.Segment.GramCount - (state.Block * BlockGrams));
            for (; left > 0; left--)
            {
                if (!VarInt.TryRead(ref bytes, out var distance) || !VarInt.TryRead(ref bytes, out var length) || length > PostingList.BitmapLength(state.Segment.Messages.Length))
                    throw new DamagedSegmentException(state.Segment.Path);
                gram += (int)distance;
                state.Entry((gram, at, (int)length));
                at += length;
            }

            return true;
        });
    }

    private long DictionaryLength => _directoryAt - DictionaryAt;

    private Block[] ReadDirectory(ReadOnlySpan<byte> bytes)
    {
        var blocks = new Block[bytes.Length / DirectoryEntryBytes];
        for (var i = 0; i < blocks.Length; i++)
        {
            var entry = bytes.Slice(i * DirectoryEntryBytes, DirectoryEntryBytes);
            blocks[i] = new Block(BinaryPrimitives.ReadInt32LittleEndian(entry), BinaryPrimitives.ReadInt32LittleEndian(entry[4..]), BinaryPrimitives.ReadInt64LittleEndian(entry[8..]));
        }

        return blocks;
    }

    /// <param name="FirstGram">Its first gram.</param>
    /// <param name="EntriesAt">Its entries, from the start of the dictionary.</param>
    /// <param name="ListsAt">Its first list.</param>
    private readonly record struct Block(int FirstGram, int EntriesAt, long ListsAt);
}
