using Courier.IO.Files;

namespace Courier.Tests.IO;

public sealed class MessageBufferTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "courier-buffer-" + Guid.NewGuid().ToString("N"));

    [Theory]
    [InlineData(0, false)]
    [InlineData(99, false)]
    [InlineData(100, false)]
    [InlineData(101, true)]
    [InlineData(100_000, true)]
    public void What_was_written_is_read_back_from_memory_or_a_file(int length, bool isInFile)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        using var buffer = new MessageBuffer(_directory, 100);
        foreach (var piece in bytes.Chunk(33))
            buffer.Write(piece);
        Assert.Equal((length, isInFile), ((int)buffer.Length, buffer.FilePath is not null));
        using var stream = buffer.OpenRead();
        var read = new byte[length];
        stream.ReadExactly(read);
        Assert.Equal(-1, stream.ReadByte());
        Assert.Equal(bytes, read);
        if (isInFile)
            Assert.Throws<InvalidOperationException>(() => buffer.Memory);
        else
            Assert.Equal(bytes, buffer.Memory.ToArray());
    }

    [Fact]
    public void A_file_goes_with_its_buffer_and_is_nobody_elses_to_read()
    {
        var buffer = new MessageBuffer(_directory, 0);
        buffer.Write("x"u8);
        var path = buffer.FilePath!;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        buffer.Dispose();
        Assert.False(File.Exists(path));
        buffer.Dispose();
    }

    [Fact]
    public void A_file_that_was_handed_over_stays()
    {
        string path;
        using (var buffer = new MessageBuffer(_directory, 0))
        {
            buffer.Write("kept"u8);
            path = buffer.DetachFile();
        }

        Assert.Equal("kept", File.ReadAllText(path));
    }

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }
}
