using System.Buffers;

namespace Courier.IO.Files;

/// <summary>Takes in the bytes of one message: in memory up to a limit, beyond it in a file. Nothing is durable here:
/// the spool makes it so.</summary>
public sealed class MessageBuffer(string spillDirectory, int memoryLimitBytes) : IDisposable
{
    private byte[]? _memory;
    private int _inMemory;
    private FileStream? _file;
    private bool _detached;

    public long Length => _detached ? throw Detached() : _file?.Length ?? _inMemory;

    /// <summary>Path of the file, or null while everything is in memory.</summary>
    public string? FilePath { get; private set; }

    /// <summary>All bytes, when they are in memory. Valid until <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Memory => _detached ? throw Detached() : FilePath is null ? _memory.AsMemory(0, _inMemory) : throw new InvalidOperationException("The message is in a file.");

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        if (_file is null && _inMemory + bytes.Length > memoryLimitBytes)
            Spill();
        if (_file is not null)
        {
            _file.Write(bytes);
            return;
        }

        Grow(_inMemory + bytes.Length);
        bytes.CopyTo(_memory.AsSpan(_inMemory));
        _inMemory += bytes.Length;
    }

    /// <summary>The message from its start; a stream of the caller's own.</summary>
    public Stream OpenRead()
    {
        if (_detached)
            throw Detached();
        if (_file is null)
            return new MemoryStream(_memory ?? [], 0, _inMemory, writable: false);
        _file.Flush();
        return new FileStream(FilePath!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    /// <summary>The message where it is now: valid until <see cref="Dispose"/> or the next write.</summary>
    public MessageBody AsBody()
    {
        if (_detached)
            throw Detached();
        if (_file is null)
            return MessageBody.OfBytes(_memory.AsMemory(0, _inMemory));
        _file.Flush();
        return MessageBody.OfFile(FilePath!, _file.Length);
    }

    /// <summary>Syncs the file and hands it over: it is no longer deleted with this buffer. The name is durable once the
    /// caller has flushed the directory.</summary>
    /// <returns>Its path.</returns>
    public string DetachFile()
    {
        if (_file is null)
            throw new InvalidOperationException("The message is in memory.");
        DurableFile.Flush(_file);
        _file.Dispose();
        var path = FilePath!;
        _file = null;
        FilePath = null;
        _detached = true;
        return path;
    }

    public void Dispose()
    {
        if (_memory is { } memory)
            ArrayPool<byte>.Shared.Return(memory);
        _memory = null;
        _inMemory = 0;
        if (_file is null)
            return;
        try
        {
            _file.Dispose();
        }
        catch (IOException)
        {
            // What it still held did not fit on the disk, and is not wanted any more.
        }

        _file = null;
        File.Delete(FilePath!);
        FilePath = null;
    }

    /// <summary>Whoever reads a buffer whose file was handed over would take the message for empty.</summary>
    private static InvalidOperationException Detached() => new("The message's file has been handed over.");

    private void Grow(int needed)
    {
        if (_memory is not null && _memory.Length >= needed)
            return;
        const int firstBytes = 4096;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(firstBytes, Math.Max(needed, _inMemory * 2)));
        if (_memory is { } old)
        {
            old.AsSpan(0, _inMemory).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(old);
        }

        _memory = larger;
    }

    private void Spill()
    {
        Directory.CreateDirectory(spillDirectory);
        FilePath = Path.Combine(spillDirectory, UniqueName.Next());
        _file = new FileStream(FilePath, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 64 * 1024,
        });
        _file.Write(_memory.AsSpan(0, _inMemory));
        if (_memory is { } memory)
            ArrayPool<byte>.Shared.Return(memory);
        _memory = null;
        _inMemory = 0;
    }
}

/// <summary>The bytes of a message that is at rest: inline or in a file.</summary>
public sealed class MessageBody
{
    private MessageBody(ReadOnlyMemory<byte> inline, string? filePath, long length) => (Inline, FilePath, Length) = (inline, filePath, length);

    public long Length { get; }

    /// <summary>Null when the bytes are inline.</summary>
    public string? FilePath { get; }

    public ReadOnlyMemory<byte> Inline { get; }

    public static MessageBody OfBytes(ReadOnlyMemory<byte> bytes) => new(bytes, null, bytes.Length);

    public static MessageBody OfFile(string path, long length) => new(default, path, length);

    public Stream OpenRead() => FilePath is { } path
        ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0)
        : System.Runtime.InteropServices.MemoryMarshal.TryGetArray(Inline, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(Inline.ToArray(), writable: false);
}
