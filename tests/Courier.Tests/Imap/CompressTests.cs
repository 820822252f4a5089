using System.Globalization;
using System.IO.Compression;
using System.Text;
using Courier.Shared.Imap;

namespace Courier.Tests.Imap;

/// <summary>COMPRESS=DEFLATE (RFC 4978) as a client speaks it, and what a bomb comes to.</summary>
public sealed class CompressTests
{
    [Fact]
    public async Task Both_directions_are_deflated()
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        await client.AppendAsync("INBOX", "Subject: x\r\n\r\n" + new string('y', 50_000) + "\r\n");
        Assert.True((await client.AskAsync("COMPRESS DEFLATE")).IsOk);
        var deflated = new ImapClient(new Deflated(client.Stream));
        var fetched = await deflated.AskAsync("FETCH 1 (UID BODY.PEEK[])");
        Assert.Contains(new string('y', 50_000), Assert.Single(fetched.Untagged), StringComparison.Ordinal);
        Assert.StartsWith("NO [COMPRESSIONACTIVE]", (await deflated.AskAsync("COMPRESS DEFLATE")).Tagged, StringComparison.Ordinal);
        var appended = await deflated.AppendAsync("INBOX", "Subject: z\r\n\r\n" + new string('z', 100_000) + "\r\n");
        Assert.True(appended.IsOk);
        Assert.DoesNotContain("COMPRESS", string.Concat((await deflated.AskAsync("CAPABILITY")).Untagged), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bomb_ends_the_connection()
    {
        await using var host = new ImapHost();
        var (client, session) = host.Connect();
        await client.ReadLineAsync();
        await client.AskAsync(string.Create(CultureInfo.InvariantCulture, $"LOGIN demo \"{ImapHost.Password}\""));
        Assert.True((await client.AskAsync("COMPRESS DEFLATE")).IsOk);
        var bomb = new MemoryStream();
        await using (var deflate = new DeflateStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            await deflate.WriteAsync("a APPEND INBOX {90000000+}\r\n"u8.ToArray());
            var zeros = Encoding.ASCII.GetBytes(new string('0', 1 << 20));
            for (var i = 0; i < 85; i++)
                await deflate.WriteAsync(zeros);
        }

        Assert.True(bomb.Length < 200_000);
        try
        {
            await client.Stream.WriteAsync(bomb.ToArray());
        }
        catch (IOException)
        {
            // It hung up before it had all.
        }

        await session.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Contains("MESSAGES 0", string.Concat((await (await host.LogInAsync()).AskAsync("STATUS INBOX (MESSAGES)")).Untagged), StringComparison.Ordinal);
    }

    /// <summary>A client's end of a deflated connection.</summary>
    private sealed class Deflated(Stream inner) : Stream
    {
        private readonly DeflateStream _in = new(inner, CompressionMode.Decompress, leaveOpen: true);
        private readonly DeflateStream _out = new(inner, CompressionLevel.Fastest, leaveOpen: true);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _in.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _out.WriteAsync(buffer, cancellationToken);
            await _out.FlushAsync(cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
