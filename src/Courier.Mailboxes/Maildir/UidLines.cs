using System.Buffers.Text;
using System.Text;

namespace Courier.Mailboxes.Maildir;

/// <summary>Lines of <see cref="UidFile"/> being written, each closed with its checksum; and what one that was read holds.</summary>
internal sealed class UidLines
{
    private const int CrcBytes = 10;
    private const int FirstBytes = 256;

    private byte[] _bytes = new byte[FirstBytes];
    private int _length;

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    internal void Add(string line)
    {
        var start = _length;
        _length += Encoding.Latin1.GetBytes(line, Room(line.Length));
        Close(start);
    }

    internal void Clear() => _length = 0;

    /// <summary>Names are bytes, here as Latin-1 text.</summary>
    internal void Add(uint uid, string name)
    {
        Span<byte> bytes = name.Length <= byte.MaxValue ? stackalloc byte[name.Length] : new byte[name.Length];
        Encoding.Latin1.GetBytes(name, bytes);
        Add(bytes, uid);
    }

    internal void Add(ReadOnlySpan<byte> name, uint uid)
    {
        const int numberBytes = 13;
        var start = _length;
        var room = Room(numberBytes + (name.Length * 2));
        "U "u8.CopyTo(room);
        Utf8Formatter.TryFormat(uid, room[2..], out var digits);
        room[2 + digits] = (byte)' ';
        _length += 3 + digits;
        room = room[(3 + digits)..];
        // A file name may hold a line feed.
        while (name.IndexOfAny((byte)'\\', (byte)'\n') is >= 0 and var at)
        {
            name[..at].CopyTo(room);
            room[at] = (byte)'\\';
            room[at + 1] = name[at] == (byte)'\n' ? (byte)'n' : (byte)'\\';
            room = room[(at + 2)..];
            _length += at + 2;
            name = name[(at + 1)..];
        }

        name.CopyTo(room);
        _length += name.Length;
        Close(start);
    }

    private void Close(int start)
    {
        var crc = Crc32C.Of(_bytes.AsSpan(start, _length - start));
        var end = Room(CrcBytes + 1);
        " *"u8.CopyTo(end);
        Utf8Formatter.TryFormat(crc, end[2..], out _, new System.Buffers.StandardFormat('x', 8));
        end[CrcBytes] = (byte)'\n';
        _length += CrcBytes + 1;
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length < _length + bytes)
            Array.Resize(ref _bytes, Math.Max(_length + bytes, _bytes.Length * 2));
        return _bytes.AsSpan(_length);
    }

    /// <summary>What stands before a checksum that fits.</summary>
    internal static bool TryUnwrap(ReadOnlySpan<byte> whole, out ReadOnlySpan<byte> line)
    {
        line = default;
        if (whole.Length < CrcBytes)
            return false;
        line = whole[..^CrcBytes];
        var check = whole[^CrcBytes..];
        return check.StartsWith(" *"u8) && Utf8Parser.TryParse(check[2..], out uint crc, out var used, 'x') && used == 8 && crc == Crc32C.Of(line);
    }

    /// <summary>A base name as it stands in a line.</summary>
    internal static string Unescape(ReadOnlySpan<byte> bytes)
    {
        var name = Encoding.Latin1.GetString(bytes);
        if (!name.Contains('\\', StringComparison.Ordinal))
            return name;
        var plain = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] == '\\' && i + 1 < name.Length)
                plain.Append(name[++i] == 'n' ? '\n' : name[i]);
            else
                plain.Append(name[i]);
        }

        return plain.ToString();
    }
}
