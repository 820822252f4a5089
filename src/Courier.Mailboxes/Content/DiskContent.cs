using System.Buffers;
using Courier.Mail.Mime;

namespace Courier.Mailboxes.Content;

/// <summary>A message that was read from its file: bytes with CRLF in an array of the shared pool.</summary>
internal sealed class DiskContent : MessageContent
{
    private readonly MimeLimits _limits;
    private readonly int _length;
    private byte[]? _bytes;
    private MimePart? _structure;
    private int _headerLength = -1;

    private DiskContent(byte[] bytes, int length, MimeLimits limits) => (_bytes, _length, _limits) = (bytes, length, limits);

    public override ReadOnlyMemory<byte> Bytes => (_bytes ?? throw new ObjectDisposedException(nameof(DiskContent))).AsMemory(0, _length);

    public override MimePart Structure => _structure ??= MimeReader.Read(Bytes.Span, _limits);

    public override ReadOnlyMemory<byte> Header
    {
        get
        {
            if (_headerLength < 0)
                _headerLength = HeaderLength(Bytes.Span);
            return Bytes[.._headerLength];
        }
    }

    /// <summary>Takes the array over: it goes back to the pool.</summary>
    internal static DiskContent OfDisk(byte[] disk, int length, MimeLimits limits)
    {
        var wireLength = LineEnds.WireLength(disk.AsSpan(0, length));
        if (wireLength == length)
            return new DiskContent(disk, length, limits);
        var wire = ArrayPool<byte>.Shared.Rent(checked((int)wireLength));
        LineEnds.ToWire(disk.AsSpan(0, length), wire);
        ArrayPool<byte>.Shared.Return(disk);
        return new DiskContent(wire, (int)wireLength, limits);
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    private static int HeaderLength(ReadOnlySpan<byte> message)
    {
        // A message may begin with the empty line: it has no header.
        if (message.StartsWith("\r\n"u8))
            return 2;
        var end = message.IndexOf("\r\n\r\n"u8);
        return end < 0 ? message.Length : end + 4;
    }
}
