using System.Runtime.InteropServices;

namespace Courier.IO.Platform;

/// <summary>What an unprivileged process may still put on a file system.</summary>
/// <param name="Bytes">Of content.</param>
/// <param name="Files">Inodes; where a file system has no fixed number of them, as many as there may be.</param>
public readonly partial record struct FileSystemRoom(long Bytes, long Files)
{
    /// <summary>Asks the file system of a path. Throws <see cref="IOException"/>.</summary>
    public static FileSystemRoom At(string path)
    {
        if (StatVfs(path, out var answer) != 0)
            throw new IOException($"statvfs {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        return new FileSystemRoom((long)UInt128.Min(answer.FreeBlocks * (UInt128)answer.BlockBytes, long.MaxValue), answer.Inodes == 0 ? long.MaxValue : (long)answer.FreeInodes);
    }

    [LibraryImport("libc", EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatVfs(string path, out Answer answer);

    /// <summary>struct statvfs of 64-bit Linux: what is there for the unprivileged is <c>f_bavail</c> and <c>f_favail</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Answer
    {
        internal ulong PreferredBytes;
        internal ulong BlockBytes;
        internal ulong Blocks;
        internal ulong AllFreeBlocks;
        internal ulong FreeBlocks;
        internal ulong Inodes;
        internal ulong AllFreeInodes;
        internal ulong FreeInodes;
        private fixed ulong _others[12];
    }
}
