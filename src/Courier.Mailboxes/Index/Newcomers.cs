using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>Files that a listing shows and that are no message of ours yet: 20 octets and the base name of each, no object. A million of them are
/// dropped into a Maildir by whoever moves an archive, and they are all in memory at once to be put into order.</summary>
internal sealed class Newcomers
{
    /// <summary>40 KB: below the size from which the collector moves nothing and frees late.</summary>
    private const int BlockItems = 2048;

    private const int PlaceBits = 31;
    private const ulong PlaceMask = (1UL << PlaceBits) - 1;
    private const ulong HasNoUid = 1UL << 63;

    private readonly List<Item[]> _blocks = [];
    private readonly NameHeap _names = new();

    private Turn[] _order = [];

    internal struct Item
    {
        internal int NameAt;
        internal int Tail;

        /// <summary>Of the delivery, as the name has it.</summary>
        internal uint Time;

        /// <summary>0 until it has one.</summary>
        internal uint Uid;

        internal byte NameLength;
        internal bool InNew;
    }

    /// <summary>What a file is sorted by, and its place, in one number.</summary>
    /// <remarks>A type of ours, sorted with a comparison: that code is compiled before the program is shipped. The sort of a plain number is made at the
    /// first SELECT of a process, and 10,000 of them are through before it is good.</remarks>
    private readonly record struct Turn(ulong Value)
    {
        internal int Place => (int)(Value & PlaceMask);

        internal ulong Key => Value >> PlaceBits;
    }

    /// <summary>Before <see cref="Sort"/> files, after it messages.</summary>
    internal int Count { get; private set; }

    internal NameHeap Names => _names;

    internal void Add(ReadOnlySpan<byte> key, int tail, bool inNew)
    {
        if (Count % BlockItems == 0)
            // The first ones, as a rule all there are, are few.
            _blocks.Add(new Item[Count == 0 ? 16 : BlockItems]);
        else if (Count == _blocks[0].Length && Count < BlockItems)
        {
            var larger = _blocks[0];
            Array.Resize(ref larger, Math.Min(Count * 4, BlockItems));
            _blocks[0] = larger;
        }

        At(Count++) = new Item { NameAt = _names.Add(key), NameLength = (byte)key.Length, Tail = tail, InNew = inNew, Time = (uint)FileName.TimeOf(key) };
    }

    /// <summary>In the order of the listing.</summary>
    internal ref Item At(int place) => ref _blocks[place / BlockItems][place % BlockItems];

    /// <summary>After <see cref="Sort"/>, in the order of the UIDs.</summary>
    internal ref Item InOrder(int index) => ref At(_order[index].Place);

    internal ReadOnlySpan<byte> NameOf(in Item item) => _names.Read(item.NameAt, item.NameLength);

    /// <summary>Those that have a UID first, since others that come later get higher ones; then by delivery, then by name. Of two files with one base
    /// name the one in cur/ is the message; the other is handed to <paramref name="onSecond"/>.</summary>
    internal void Sort(Action<Item> onSecond)
    {
        _order = GC.AllocateUninitializedArray<Turn>(Count);
        for (var place = 0; place < Count; place++)
        {
            ref readonly var item = ref At(place);
            _order[place] = new((item.Uid != 0 ? 0 : HasNoUid) | ((ulong)(item.Uid != 0 ? item.Uid : item.Time) << PlaceBits) | (uint)place);
        }

        _order.AsSpan().Sort(static (left, right) => left.Value.CompareTo(right.Value));
        for (var start = 0; start < Count;)
        {
            var end = start + 1;
            while (end < Count && _order[end].Key == _order[start].Key)
                end++;
            if (end - start > 1)
                _order.AsSpan(start, end - start).Sort(ByName);
            start = end;
        }

        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (kept > 0 && NameOf(InOrder(i)).SequenceEqual(NameOf(InOrder(kept - 1))))
                onSecond(InOrder(i));
            else
                _order[kept++] = _order[i];
        }

        Count = kept;
    }

    private int ByName(Turn left, Turn right)
    {
        ref readonly var one = ref At(left.Place);
        ref readonly var other = ref At(right.Place);
        var order = NameOf(one).SequenceCompareTo(NameOf(other));
        return order != 0 ? order : one.InNew != other.InNew ? one.InNew.CompareTo(other.InNew) : left.Value.CompareTo(right.Value);
    }
}
