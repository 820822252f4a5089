using System.Runtime.InteropServices;
using Courier.IO.Platform;

namespace Courier.IO.Files;

/// <summary>What one statx(2) says of a path: times to the nanosecond and the file system it lies on, which .NET does not tell.</summary>
/// <param name="Device">File system.</param>
/// <param name="Inode">Number of the file there.</param>
/// <param name="Size">Octets.</param>
/// <param name="Links">Hard links.</param>
/// <param name="ModifiedNanoseconds">mtime in nanoseconds since 1970.</param>
public readonly record struct FileStatus(long Device, ulong Inode, long Size, uint Links, long ModifiedNanoseconds)
{
    /// <summary>False where there is nothing of that name.</summary>
    public static unsafe bool TryGet(string path, out FileStatus status)
    {
        // struct statx has one layout on every architecture (linux/stat.h); 256 bytes.
        const int bytes = 256;
        var buffer = stackalloc byte[bytes];
        if (FileCalls.Statx(FileCalls.AT_FDCWD, path, FileCalls.AT_STATX_DONT_SYNC, FileCalls.STATX_BASIC, buffer) != 0)
        {
            status = default;
            return Marshal.GetLastPInvokeError() is FileCalls.ENOENT or FileCalls.ENOTDIR ? false : throw Posix.Failure("statx", path);
        }

        const int links = 0x10, inode = 0x20, size = 0x28, modified = 0x70, deviceMajor = 0x88;
        status = new FileStatus(
            ((long)*(uint*)(buffer + deviceMajor) << 32) | *(uint*)(buffer + deviceMajor + 4),
            *(ulong*)(buffer + inode),
            *(long*)(buffer + size),
            *(uint*)(buffer + links),
            (*(long*)(buffer + modified) * 1_000_000_000) + *(uint*)(buffer + modified + 8));
        return true;
    }
}
