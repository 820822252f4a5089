using System.IO.Pipelines;
using System.Net;
using Courier.Net;

namespace Courier.Tests.Shared.Smtp;

/// <summary>A connection without sockets: what is written on one side is read on the other, in the pieces it was written in.</summary>
public sealed class MemoryDuplex
{
    private readonly Pipe _toServer = new();
    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 0));

    public MemoryDuplex() => Server = Connection.FromStream(
        new Side(_toServer.Reader.AsStream(), _toClient.Writer.AsStream()), new IPEndPoint(IPAddress.Loopback, 25), new IPEndPoint(IPAddress.Loopback, 40000));

    public Connection Server { get; }

    public PipeWriter Input => _toServer.Writer;

    public PipeReader Output => _toClient.Reader;

    private sealed class Side(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override void Flush() => output.Flush();

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                input.Dispose();
                output.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
