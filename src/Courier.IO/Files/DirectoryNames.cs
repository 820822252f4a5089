using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Courier.IO.Platform;

namespace Courier.IO.Files;

/// <summary>Takes one name of a directory; the bytes are gone when it returns.</summary>
public delegate void NameHandler(ReadOnlySpan<byte> name);

/// <summary>The names in a directory as the kernel has them: bytes, not text, so that a name which is no UTF-8 can be found and renamed
/// like any other; no stat, and no object per name. Keep one and read into it again.</summary>
public sealed unsafe class DirectoryNames
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>struct linux_dirent64: u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[].</summary>
    private const int LengthAt = 16, NameAt = 19;

    private byte[] _names = [];
    private int[] _ends = [];
    private int _bytes;

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int index] => _names.AsSpan(Start(index), _ends[index] - Start(index));

    /// <summary>Forgets all names; keeps the memory.</summary>
    public void Clear() => (Count, _bytes) = (0, 0);

    /// <summary>Adds the names in a directory, without <c>.</c> and <c>..</c>, in the order that the file system gives.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public void Read(string directory) => Each(directory, Add);

    /// <summary>The same; false where there is no such directory.</summary>
    public bool TryRead(string directory) => TryEach(directory, Add);

    /// <summary>Shows each name once and keeps none.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public static void Each(string directory, NameHandler onName)
    {
        if (!TryEach(directory, onName))
            throw new DirectoryNotFoundException(directory);
    }

    private static bool TryEach(string directory, NameHandler onName)
    {
        var descriptor = Posix.Open(directory, Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_CLOEXEC, 0);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError() is FileCalls.ENOENT or FileCalls.ENOTDIR ? false : throw Posix.Failure("open", directory);
        try
        {
            var buffer = stackalloc byte[BufferBytes];
            while (true)
            {
                var count = FileCalls.GetDirectoryEntries(descriptor, buffer, BufferBytes);
                if (count == 0)
                    return true;
                if (count > 0)
                    Take(new ReadOnlySpan<byte>(buffer, (int)count), onName);
                else if (Marshal.GetLastPInvokeError() != Posix.EINTR)
                    throw Posix.Failure("getdents64", directory);
            }
        }
        finally
        {
            _ = Posix.Close(descriptor);
        }
    }

    private int Start(int index) => index == 0 ? 0 : _ends[index - 1];

    private static void Take(ReadOnlySpan<byte> entries, NameHandler onName)
    {
        while (!entries.IsEmpty)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(entries[LengthAt..]);
            var name = entries[NameAt..length];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                onName(name);
            entries = entries[length..];
        }
    }

    private void Add(ReadOnlySpan<byte> name)
    {
        const int firstNames = 64, firstBytes = 4096;
        if (_bytes + name.Length > _names.Length)
            Array.Resize(ref _names, Math.Max(firstBytes, (_bytes + name.Length) * 2));
        if (Count == _ends.Length)
            Array.Resize(ref _ends, Math.Max(firstNames, Count * 2));
        name.CopyTo(_names.AsSpan(_bytes));
        _bytes += name.Length;
        _ends[Count++] = _bytes;
    }
}
