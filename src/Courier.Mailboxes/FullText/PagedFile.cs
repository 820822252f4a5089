using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;
using Microsoft.Win32.SafeHandles;

namespace Courier.Mailboxes.FullText;

/// <summary>A file of the index is not what was written.</summary>
internal sealed class DamagedSegmentException(string message) : Exception(message);

/// <summary>Writes a file in pages with a checksum each: what a power cut or a bad disk made of it is found when it is read, page by page.</summary>
internal sealed class PagedFileWriter : IDisposable
{
    internal const int PageBytes = 4096;

    private readonly FileStream _file;
    private readonly byte[] _page = new byte[PageBytes];
    private readonly List<uint> _checksums = [];
    private int _filled;

    /// <summary>The first page is the caller's, written last.</summary>
    internal PagedFileWriter(string path)
    {
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 64 * 1024,
        });
        _file.Write(_page);
    }

    /// <summary>Where the next octet goes.</summary>
    internal long Position => PageBytes + ((long)_checksums.Count * PageBytes) + _filled;

    internal void Write(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            var length = Math.Min(content.Length, PageBytes - _filled);
            content[..length].CopyTo(_page.AsSpan(_filled));
            content = content[length..];
            if ((_filled += length) == PageBytes)
                EndPage();
        }
    }

    /// <summary>Ends the last page, writes the checksums after it and the header before all, and waits for the disk.</summary>
    internal void Finish(ReadOnlySpan<byte> header)
    {
        if (_filled > 0)
            EndPage();
        var checksums = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_checksums));
        _file.Write(checksums);
        Span<byte> first = stackalloc byte[PageBytes];
        first.Clear();
        header.CopyTo(first);
        BinaryPrimitives.WriteInt32LittleEndian(first[^12..], _checksums.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(first[^8..], Crc32C.Of(checksums));
        BinaryPrimitives.WriteUInt32LittleEndian(first[^4..], Crc32C.Of(first[..^4]));
        _file.Position = 0;
        _file.Write(first);
        DurableFile.Flush(_file);
    }

    public void Dispose() => _file.Dispose();

    private void EndPage()
    {
        _page.AsSpan(_filled).Clear();
        _checksums.Add(Crc32C.Of(_page));
        _file.Write(_page);
        _filled = 0;
    }
}

/// <summary>Reads what <see cref="PagedFileWriter"/> wrote; several threads may.</summary>
internal sealed class PagedFile : IDisposable
{
    private const int PageBytes = PagedFileWriter.PageBytes;

    private readonly SafeFileHandle _handle;
    private readonly uint[] _checksums;
    private readonly string _path;

    private PagedFile(string path, SafeFileHandle handle, byte[] header, uint[] checksums) =>
        (_path, _handle, Header, _checksums) = (path, handle, header, checksums);

    internal byte[] Header { get; }

    internal long Length => PageBytes + ((long)_checksums.Length * PageBytes);

    /// <summary>Throws <see cref="DamagedSegmentException"/> for what is no such file, <see cref="FileNotFoundException"/> where there is none.</summary>
    internal static PagedFile Open(string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var header = new byte[PageBytes];
            Fill(handle, header, 0, path);
            var pages = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(PageBytes - 12));
            var length = RandomAccess.GetLength(handle);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(PageBytes - 4)) != Crc32C.Of(header.AsSpan(0, PageBytes - 4))
                || pages < 0 || length != PageBytes + (pages * (long)(PageBytes + sizeof(uint))))
                throw new DamagedSegmentException(path);
            var checksums = new uint[pages];
            var bytes = MemoryMarshal.AsBytes(checksums.AsSpan());
            Fill(handle, bytes, PageBytes + ((long)pages * PageBytes), path);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(PageBytes - 8)) != Crc32C.Of(bytes))
                throw new DamagedSegmentException(path);
            return new PagedFile(path, handle, header, checksums);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Calls back with octets that were checked.</summary>
    internal T Read<T, TState>(long offset, int length, TState state, ReadFunc<T, TState> use)
    {
        var first = offset / PageBytes;
        var last = (offset + Math.Max(length, 1) - 1) / PageBytes;
        if (offset < PageBytes || length < 0 || last > _checksums.Length)
            throw new DamagedSegmentException(_path);
        var size = checked((int)((last - first + 1) * PageBytes));
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            Fill(_handle, buffer.AsSpan(0, size), first * PageBytes, _path);
            for (var page = first; page <= last; page++)
            {
                if (Crc32C.Of(buffer.AsSpan((int)(page - first) * PageBytes, PageBytes)) != _checksums[page - 1])
                    throw new DamagedSegmentException(_path);
            }

            return use(buffer.AsSpan((int)(offset - (first * PageBytes)), length), state);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => _handle.Dispose();

    private static void Fill(SafeFileHandle handle, Span<byte> buffer, long offset, string path)
    {
        while (!buffer.IsEmpty)
        {
            var count = RandomAccess.Read(handle, buffer, offset);
            if (count == 0)
                throw new DamagedSegmentException(path);
            buffer = buffer[count..];
            offset += count;
        }
    }
}

internal delegate T ReadFunc<out T, in TState>(ReadOnlySpan<byte> bytes, TState state);
