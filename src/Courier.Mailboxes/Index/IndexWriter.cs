using Courier.Mailboxes.Maildir;
using Microsoft.Win32.SafeHandles;

namespace Courier.Mailboxes.Index;

/// <summary>Fills in the header, given the checksum of all after it.</summary>
internal delegate void HeaderFiller(Span<byte> header, uint crc);

/// <summary>Writes a file whose header speaks of the rest, in pieces: a mailbox of a million messages needs no second copy in memory.</summary>
internal sealed class IndexWriter : IDisposable
{
    private const int PieceBytes = 64 * 1024;

    private readonly byte[] _piece = System.Buffers.ArrayPool<byte>.Shared.Rent(PieceBytes);
    private readonly SafeFileHandle _file;
    private readonly int _headerBytes;
    private long _written;
    private int _used;
    private uint _crc = uint.MaxValue;

    internal IndexWriter(string path, int headerBytes)
    {
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _headerBytes = _used = headerBytes;
        _piece.AsSpan(0, headerBytes).Clear();
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        _crc = Crc32C.Of(bytes, _crc);
        while (bytes.Length > PieceBytes - _used)
        {
            var fits = PieceBytes - _used;
            bytes[..fits].CopyTo(_piece.AsSpan(_used));
            _used += fits;
            Flush();
            bytes = bytes[fits..];
        }

        bytes.CopyTo(_piece.AsSpan(_used));
        _used += bytes.Length;
    }

    internal void Close(HeaderFiller fill)
    {
        if (_written == 0)
        {
            // All of a usual mailbox: one write.
            fill(_piece.AsSpan(0, _headerBytes), ~_crc);
            Flush();
            return;
        }

        Flush();
        Span<byte> header = stackalloc byte[_headerBytes];
        header.Clear();
        fill(header, ~_crc);
        RandomAccess.Write(_file, header, 0);
    }

    public void Dispose()
    {
        _file.Dispose();
        System.Buffers.ArrayPool<byte>.Shared.Return(_piece);
    }

    private void Flush()
    {
        RandomAccess.Write(_file, _piece.AsSpan(0, _used), _written);
        _written += _used;
        _used = 0;
    }
}
