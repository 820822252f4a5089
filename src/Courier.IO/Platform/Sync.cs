namespace Courier.IO.Platform;

/// <summary>The calls that make things durable, each followed by the question whether the file system still takes writes.</summary>
/// <remarks>
/// While ext4 gives up its journal (a device that fails, the usual errors=remount-ro), a sync that waits for it may return 0 although what
/// it stands for is lost: Linux 6.18, 10 of 30 runs of eight threads that append, 2 of 30 that rename. Right afterwards every write is
/// refused, and so is a change of the time of access: asking for one found all but 1 of 30 in each. docs/reliability.md, "A disk that fails".
/// </remarks>
internal static class Sync
{
    private const int EIO = 5;
    private const int EROFS = 30;
    private const int UtimeNow = (1 << 30) - 1;
    private const int UtimeOmit = (1 << 30) - 2;

    /// <summary>fsync(2): a file, or a directory for the names in it.</summary>
    internal static void Everything(int descriptor, string path) => Confirm(Posix.Fsync(descriptor), descriptor, "fsync", path);

    /// <summary>fdatasync(2): the content, and what is needed to read it.</summary>
    internal static void Content(int descriptor, string path) => Confirm(FileCalls.Fdatasync(descriptor), descriptor, "fdatasync", path);

    /// <summary>syncfs(2): the whole file system that it lies in.</summary>
    internal static void FileSystem(int descriptor, string path) => Confirm(Posix.Syncfs(descriptor), descriptor, "syncfs", path);

    /// <summary>Throws where content of the file could not be written since it was made. Writes nothing.</summary>
    /// <remarks>After <see cref="FileSystem"/>, whose answer goes to one caller only: pages of ours that another's syncfs tried to write and the kernel
    /// dropped are no trouble of the next syncfs. The file itself remembers (errseq), until somebody was told.</remarks>
    internal static void Written(int descriptor, string path)
    {
        const uint waitBefore = 1;
        if (FileCalls.SyncFileRange(descriptor, 0, 0, waitBefore) != 0)
            throw Posix.Failure("a write reached no disk", path);
    }

    /// <summary>After a failed sync of a file that is written to again: from now on everybody reads what the disk has, not what it was to have.</summary>
    /// <remarks>It is more than that: to ext4 (6.18) a block whose first write failed is still one without content, and it forgets to say otherwise when
    /// the same page in memory is written once more. The sync succeeds then, and after a power cut there are zeros.</remarks>
    internal static void Forget(int descriptor)
    {
        const int dontNeed = 4;
        _ = FileCalls.Advise(descriptor, 0, 0, dontNeed);
    }

    private static unsafe void Confirm(int answer, int descriptor, string name, string path)
    {
        // A failed sync is never tried again: the kernel may have dropped the pages and would answer success.
        if (answer != 0)
            throw Posix.Failure(name, path);
        // Two of struct timespec: seconds, nanoseconds. The time of change is what others look at, and stays.
        var times = stackalloc nint[] { 0, UtimeNow, 0, UtimeOmit };
        if (FileCalls.SetTimes(descriptor, times) == 0)
            return;
        // Another's file, or no such times there: no answer.
        if (System.Runtime.InteropServices.Marshal.GetLastPInvokeError() is EIO or EROFS)
            throw Posix.Failure($"the file system failed during {name}", path);
    }
}
