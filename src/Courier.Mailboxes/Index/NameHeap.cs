namespace Courier.Mailboxes.Index;

/// <summary>Names one after the other in segments that never move: many cost what they are long, and no copy when there are more of them.
/// A place is the segment and the octet in it, in one number.</summary>
internal sealed class NameHeap
{
    internal const int SegmentBits = 17;
    internal const int SegmentBytes = 1 << SegmentBits;
    internal const int SegmentMask = SegmentBytes - 1;
    private const int FirstBytes = 1024;

    private byte[][] _segments = [];
    private int _count;
    private int _used;

    internal byte[][] Segments => _segments;

    internal int Add(ReadOnlySpan<byte> name)
    {
        if (_count == 0 || _used + name.Length > _segments[_count - 1].Length)
            Grow(name.Length);
        name.CopyTo(_segments[_count - 1].AsSpan(_used));
        var at = ((_count - 1) << SegmentBits) | _used;
        _used += name.Length;
        return at;
    }

    internal ReadOnlySpan<byte> Read(int at, int length) => Read(_segments, at, length);

    internal static ReadOnlySpan<byte> Read(byte[][] segments, int at, int length) => segments[at >> SegmentBits].AsSpan(at & SegmentMask, length);

    private void Grow(int length)
    {
        // The first segment grows until it is whole: most listings show a handful of names.
        if (_count == 1 && _segments[0].Length < SegmentBytes)
        {
            Array.Resize(ref _segments[0], Math.Min(SegmentBytes, _segments[0].Length * 4));
            if (_used + length <= _segments[0].Length)
                return;
        }

        if (_count == _segments.Length)
            Array.Resize(ref _segments, Math.Max(1, _count * 2));
        _segments[_count] = _count == 0 ? new byte[FirstBytes] : GC.AllocateUninitializedArray<byte>(SegmentBytes);
        (_count, _used) = (_count + 1, 0);
    }
}
