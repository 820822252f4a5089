using System.IO.Pipelines;
using System.Net;
using Courier.Net;

namespace Courier.Shared.Imap;

/// <summary>A connection without sockets: what one end writes the other reads, with back-pressure as over TCP.</summary>
internal static class MemoryWire
{
    public static (Connection Server, Stream Client) Create(IPAddress? peer = null)
    {
        var up = new Pipe();
        var down = new Pipe();
        var remote = new IPEndPoint(peer ?? IPAddress.Loopback, 40000);
        return (Connection.FromStream(new End(up.Reader, down.Writer), new(IPAddress.Loopback, 143), remote), new End(down.Reader, up.Writer));
    }

    private sealed class End(PipeReader reader, PipeWriter writer) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var result = await reader.ReadAsync(cancellationToken);
            var count = (int)Math.Min(buffer.Length, result.Buffer.Length);
            var part = result.Buffer.Slice(0, count);
            var at = 0;
            foreach (var segment in part)
            {
                segment.CopyTo(buffer[at..]);
                at += segment.Length;
            }

            reader.AdvanceTo(part.End);
            return count;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var result = await writer.WriteAsync(buffer, cancellationToken);
            if (result.IsCompleted)
                throw new IOException("The other end has closed.");
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            writer.Complete();
            reader.Complete();
            base.Dispose(disposing);
        }
    }
}
