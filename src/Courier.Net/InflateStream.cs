using System.IO.Compression;

namespace Courier.Net;

/// <summary>Reads what a peer has deflated, and gives up on one that sends little to make much: text shrinks to a tenth, a bomb to a thousandth.</summary>
internal sealed class InflateStream : Stream
{
    /// <summary>Octets that come out before anybody asks for how many went in: repeated commands compress very well.</summary>
    private const long FreeBytes = 16 * 1024 * 1024;

    /// <summary>How many times more than went in may come out after that. Deflate itself reaches 1,032; the most regular logs reach some 100.</summary>
    private const int MaxRatio = 250;

    private readonly CountingStream _source;
    private readonly DeflateStream _inflate;
    private long _out;

    public InflateStream(Stream source)
    {
        _source = new CountingStream(source);
        _inflate = new DeflateStream(_source, CompressionMode.Decompress, leaveOpen: true);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await _inflate.ReadAsync(buffer, cancellationToken);
            _out += count;
            return _out <= FreeBytes || _out / MaxRatio <= _source.Count ? count : throw new IOException("What the peer sends is compressed beyond reason.");
        }
        catch (InvalidDataException e)
        {
            throw new IOException("What the peer sends is not deflated.", e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inflate.Dispose();
        base.Dispose(disposing);
    }

    private sealed class CountingStream(Stream inner) : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            Count += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
