namespace Courier.Hosting;

/// <summary>A stream whose first bytes have been read already.</summary>
/// <param name="start">Those.</param>
/// <param name="rest">What follows.</param>
/// <param name="confirmEnd">Called at the end, and throws where it is none: the writer broke off.</param>
internal sealed class Continuation(ReadOnlyMemory<byte> start, Stream rest, Action confirmEnd) : Stream
{
    private ReadOnlyMemory<byte> _start = start;

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
        if (_start.IsEmpty)
        {
            var read = await rest.ReadAsync(buffer, cancellationToken);
            if (read == 0 && !buffer.IsEmpty)
                confirmEnd();
            return read;
        }

        var length = Math.Min(buffer.Length, _start.Length);
        _start[..length].CopyTo(buffer);
        _start = _start[length..];
        return length;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
