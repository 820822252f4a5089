using System.Runtime.InteropServices;

namespace Courier.IO.Platform;

/// <summary>Calls on files that .NET offers only with locks, checks or buffers of its own around them. A mailbox opens, reads
/// and renames many thousand small files: one system call each is what they may cost.</summary>
internal static unsafe partial class FileCalls
{
    internal const int O_WRONLY = 1;
    internal const int O_EXCL = 0x80;
    internal const int O_TRUNC = 0x200;
    internal const int O_APPEND = 0x400;

    internal const int ENOENT = 2;
    internal const int EEXIST = 17;
    internal const int ENOTDIR = 20;

    internal const int AT_FDCWD = -100;
    internal const int AT_STATX_DONT_SYNC = 0x4000;
    internal const uint STATX_BASIC = 0x7ff;

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int Fdatasync(int descriptor);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    internal static partial int SyncFileRange(int descriptor, long offset, long count, uint flags);

    /// <summary>Returns the error; errno stays as it was.</summary>
    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    internal static partial int Advise(int descriptor, long offset, long count, int advice);

    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    internal static partial int SetTimes(int descriptor, nint* accessAndModification);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Statx(int directory, string path, int flags, uint mask, byte* result);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    internal static partial nint GetDirectoryEntries(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    internal static partial int Open(byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true)]
    internal static partial int Rename(byte* from, byte* to);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true)]
    internal static partial int Link(byte* from, byte* to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true)]
    internal static partial int Unlink(byte* path);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int Statx(int directory, byte* path, int flags, uint mask, byte* result);
}
