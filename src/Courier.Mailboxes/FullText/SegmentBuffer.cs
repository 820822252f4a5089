namespace Courier.Mailboxes.FullText;

/// <summary>Gathers the grams of messages until they fill a segment; bounded, whatever the messages are.</summary>
internal sealed class SegmentBuffer
{
    private const int NumberBits = 32 - Gram.Bits;
    private const int MaxMessages = 1 << NumberBits;
    private const int MaxPairs = Gram.Count;

    /// <summary>Gram and number of the message in one word each, in order of number.</summary>
    private readonly uint[] _pairs = new uint[MaxPairs];
    private readonly uint[] _sorted = new uint[MaxPairs];
    private readonly List<SegmentMessage> _messages = [];
    private int _count;

    internal int MessageCount => _messages.Count;

    internal bool HasRoomFor(GramSet grams) => _messages.Count < MaxMessages && _count + grams.Count <= MaxPairs;

    /// <summary>UIDs ascend.</summary>
    internal void Add(SegmentMessage message, GramSet grams)
    {
        var number = (uint)_messages.Count;
        _messages.Add(message);
        foreach (var gram in grams.Grams)
            _pairs[_count++] = ((uint)gram << NumberBits) | number;
    }

    internal void WriteTo(string path, uint uidValidity)
    {
        using var writer = new SegmentWriter(path, uidValidity, [.. _messages]);
        var pairs = Sort();
        var numbers = new int[MaxMessages];
        for (var at = 0; at < pairs.Length;)
        {
            var gram = pairs[at] >> NumberBits;
            var count = 0;
            for (; at < pairs.Length && pairs[at] >> NumberBits == gram; at++)
                numbers[count++] = (int)(pairs[at] & (MaxMessages - 1));
            writer.Add((int)gram, numbers.AsSpan(0, count));
        }

        writer.Finish();
        _messages.Clear();
        _count = 0;
    }

    // By the gram alone, in two passes that keep the order of what is equal: numbers ascend already.
    private Span<uint> Sort()
    {
        const int lowBits = Gram.Bits / 2;
        Pass(_pairs, _sorted, NumberBits, lowBits);
        Pass(_sorted, _pairs, NumberBits + lowBits, Gram.Bits - lowBits);
        return _pairs.AsSpan(0, _count);
    }

    private void Pass(uint[] from, uint[] to, int shift, int bits)
    {
        var mask = (1u << bits) - 1;
        var places = new int[1 << bits];
        foreach (var pair in from.AsSpan(0, _count))
            places[(pair >> shift) & mask]++;
        var sum = 0;
        foreach (ref var place in places.AsSpan())
            (place, sum) = (sum, sum + place);
        foreach (var pair in from.AsSpan(0, _count))
            to[places[(pair >> shift) & mask]++] = pair;
    }
}
