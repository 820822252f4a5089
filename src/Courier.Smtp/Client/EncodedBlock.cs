using System.Buffers;
using Courier.IO.Wire;

namespace Courier.Smtp.Client;

/// <summary>A message on its way to the wire, a block at a time: encoded as it follows DATA or BDAT, in one buffer of the pool.</summary>
/// <param name="isChunk">Its length is said ahead: dots stay as they are, and no line ends it.</param>
internal sealed class EncodedBlock(bool isChunk) : IBufferWriter<byte>, IDisposable
{
    /// <summary>Most that is given to <see cref="Write"/>. Encoding doubles it at worst: every octet a line end without its other half, or a dot to be doubled.</summary>
    internal const int PieceBytes = 16 * 1024;

    // A write of this size fills a few segments of TCP; larger ones gain nothing.
    private const int FullBytes = 32 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FullBytes + (2 * PieceBytes) + 16);
    private EndOfDataEncoder _encoder = new(keepsDots: isChunk);
    private int _count;

    /// <summary>It is to be written, and <see cref="Reset"/>, before the next piece.</summary>
    internal bool IsFull => _count >= FullBytes;

    internal ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _count);

    internal void Write(ReadOnlySpan<byte> piece) => _encoder.Write(piece, this);

    /// <summary>The end of the message. There is room for it even in a full block.</summary>
    internal void Finish() => _encoder.Finish(this);

    internal void Reset() => _count = 0;

    public void Advance(int count) => _count += count;

    public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.AsMemory(_count);

    public Span<byte> GetSpan(int sizeHint = 0) => _bytes.AsSpan(_count);

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }
}
