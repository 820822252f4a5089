using System.Runtime.InteropServices;
using Courier.IO.Platform;

namespace Courier.IO.Files;

/// <summary>What one statx(2) says of a path: times to the nanosecond and the file system it lies on, which .NET does not tell.</summary>
/// <param name="Device">File system.</param>
/// <param name="Inode">Number of the file there.</param>
/// <param name="Size">Octets.</param>
/// <param name="Links">Hard links.</param>
/// <param name="ModifiedNanoseconds">mtime in nanoseconds since 1970.</param>
/// <param name="ChangedNanoseconds">ctime: the last change of content, name or attributes.</param>
public readonly record struct FileStatus(long Device, ulong Inode, long Size, uint Links, long ModifiedNanoseconds, long ChangedNanoseconds)
{
    // struct statx has one layout on every architecture (linux/stat.h); 256 bytes.
    private const int Bytes = 256;

    /// <summary>False where there is nothing of that name.</summary>
    public static unsafe bool TryGet(string path, out FileStatus status)
    {
        var buffer = stackalloc byte[Bytes];
        if (FileCalls.Statx(FileCalls.AT_FDCWD, path, FileCalls.AT_STATX_DONT_SYNC, FileCalls.STATX_BASIC, buffer) != 0)
            return Missing(path, out status);
        status = Of(buffer);
        return true;
    }

    /// <summary>The same for a path of bytes that ends in NUL (<see cref="RawPath"/>).</summary>
    public static unsafe bool TryGet(ReadOnlySpan<byte> path, out FileStatus status)
    {
        var buffer = stackalloc byte[Bytes];
        fixed (byte* start = path)
        {
            if (FileCalls.Statx(FileCalls.AT_FDCWD, start, FileCalls.AT_STATX_DONT_SYNC, FileCalls.STATX_BASIC, buffer) != 0)
                return Missing(System.Text.Encoding.UTF8.GetString(path[..^1]), out status);
        }

        status = Of(buffer);
        return true;
    }

    private static bool Missing(string path, out FileStatus status)
    {
        status = default;
        return Marshal.GetLastPInvokeError() is FileCalls.ENOENT or FileCalls.ENOTDIR ? false : throw Posix.Failure("statx", path);
    }

    private static unsafe FileStatus Of(byte* buffer)
    {
        const int links = 0x10, inode = 0x20, size = 0x28, changed = 0x60, modified = 0x70, deviceMajor = 0x88;
        return new FileStatus(
            ((long)*(uint*)(buffer + deviceMajor) << 32) | *(uint*)(buffer + deviceMajor + 4),
            *(ulong*)(buffer + inode),
            *(long*)(buffer + size),
            *(uint*)(buffer + links),
            Nanoseconds(buffer + modified),
            Nanoseconds(buffer + changed));
    }

    /// <summary>struct statx_timestamp: s64 seconds, u32 nanoseconds.</summary>
    private static unsafe long Nanoseconds(byte* timestamp) => (*(long*)timestamp * 1_000_000_000) + *(uint*)(timestamp + 8);
}
