using System.IO.Pipelines;
using System.Text;
using Courier.IO.Wire;

namespace Courier.Tests.IO.Wire;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("a\r\nb\r\n", "a,b,end")]
    [InlineData("a\nb\n", "a,b,end")]
    [InlineData("\r\n\r\n", ",,end")]
    [InlineData("a\rb\r\n", "a\rb,end")]                 // a lone CR is for the grammar to refuse
    [InlineData("a\r\r\n", "a\r,end")]
    [InlineData("a\0b\r\n", "a\0b,end")]
    [InlineData("a\r\nunfinished", "a,end")]
    [InlineData("", "end")]
    [InlineData("12345678\r\n", "12345678,end")]         // ten octets with CRLF: the limit
    [InlineData("123456789\r\n", "long,end")]
    [InlineData("123456789\n", "123456789,end")]
    [InlineData("1234567890\n", "long,end")]
    [InlineData("1234567890123456789012345\r\nb\r\n", "long,b,end")]
    [InlineData("1234567890123456789012345", "end")]
    public async Task Lines_are_told_apart_whatever_pieces_they_arrive_in(string input, string lines)
    {
        for (var piece = 1; piece <= Math.Max(1, input.Length); piece++)
            Assert.Equal(lines, await ReadAllAsync(input, piece));
    }

    [Fact]
    public async Task A_line_is_known_to_have_arrived_without_waiting_for_it()
    {
        var pipe = new Pipe();
        Assert.False(LineReader.HasBufferedLine(pipe.Reader));
        await pipe.Writer.WriteAsync("NOO"u8.ToArray());
        Assert.False(LineReader.HasBufferedLine(pipe.Reader));
        await pipe.Writer.WriteAsync("P\r\nQ"u8.ToArray());
        Assert.True(LineReader.HasBufferedLine(pipe.Reader));
        var reader = new LineReader(100);
        Assert.Equal(LineStatus.Line, await reader.ReadAsync(pipe.Reader, default));
        Assert.Equal("NOOP", Encoding.ASCII.GetString(reader.Line.Span));
        Assert.False(LineReader.HasBufferedLine(pipe.Reader));
    }

    [Fact]
    public async Task A_long_line_is_not_kept_for_long()
    {
        var pipe = new Pipe();
        var reader = new LineReader(20_000);
        await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(new string('x', 10_000) + "\r\nshort\r\n"));
        await reader.ReadAsync(pipe.Reader, default);
        Assert.Equal(10_000, reader.Line.Length);
        await reader.ReadAsync(pipe.Reader, default);
        Assert.Equal("short", Encoding.ASCII.GetString(reader.Line.Span));
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(reader.Line, out var segment));
        Assert.InRange(segment.Array!.Length, 5, 256);
    }

    [Fact]
    public async Task An_endless_line_takes_no_memory()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 64 * 1024));
        var reader = new LineReader(512);
        var reading = reader.ReadAsync(pipe.Reader, default).AsTask();
        // The writer would wait for ever if the reader held on to what it passes over.
        for (var i = 0; i < 1000; i++)
            await pipe.Writer.WriteAsync(new byte[8192]).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await pipe.Writer.WriteAsync("\r\n"u8.ToArray());
        Assert.Equal(LineStatus.TooLong, await reading);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(10_000, 10_000)]
    public async Task An_endless_line_is_given_up_after_so_many_octets(int endless, int read)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var reader = new LineReader(10) { EndlessBytes = endless };
        var reading = reader.ReadAsync(pipe.Reader, default).AsTask();
        for (var sent = 0; sent < read; sent += 10)
        {
            Assert.False(reading.IsCompleted);
            await pipe.Writer.WriteAsync(new byte[10]);
        }

        Assert.Equal(LineStatus.Endless, await reading.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private static async Task<string> ReadAllAsync(string input, int piece)
    {
        var pipe = new Pipe();
        var writing = WriteAsync(pipe.Writer, input, piece);
        var reader = new LineReader(10);
        var lines = new List<string>();
        while (true)
        {
            var status = await reader.ReadAsync(pipe.Reader, default);
            lines.Add(status switch
            {
                LineStatus.Line => Encoding.Latin1.GetString(reader.Line.Span),
                LineStatus.TooLong => "long",
                _ => "end",
            });
            if (status == LineStatus.End)
                break;
        }

        await writing;
        return string.Join(',', lines);
    }

    private static async Task WriteAsync(PipeWriter writer, string input, int piece)
    {
        foreach (var part in Encoding.Latin1.GetBytes(input).Chunk(piece))
        {
            await writer.WriteAsync(part);
            await Task.Yield();
        }

        await writer.CompleteAsync();
    }
}
