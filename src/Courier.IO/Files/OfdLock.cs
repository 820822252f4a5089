using System.Runtime.InteropServices;
using Courier.IO.Platform;

namespace Courier.IO.Files;

/// <summary>An exclusive lock on a file, between processes and between threads of one: open file description locks
/// (fcntl(2)), unlike FileShare, which is an advisory flock. Freed by the kernel when the process dies.</summary>
public sealed class OfdLock : IDisposable
{
    private int _descriptor;

    private OfdLock(int descriptor) => _descriptor = descriptor;

    /// <summary>Waits for the lock; the file is made when it is not there. Blocks the thread: hold it for moments only.</summary>
    public static OfdLock Take(string path) => TryTake(path, wait: true)!;

    /// <summary>Null when another holds it.</summary>
    public static OfdLock? TryTake(string path) => TryTake(path, wait: false);

    public void Dispose()
    {
        var descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
            _ = Posix.Close(descriptor);
    }

    private static OfdLock? TryTake(string path, bool wait)
    {
        const int userReadWrite = 0x180;
        var descriptor = Posix.Open(path, Posix.O_RDWR | Posix.O_CREAT | Posix.O_CLOEXEC, userReadWrite);
        if (descriptor < 0)
            throw Posix.Failure("open", path);
        while (true)
        {
            var request = new Posix.Flock { Type = Posix.F_WRLCK };
            if (Posix.Fcntl(descriptor, wait ? Posix.F_OFD_SETLKW : Posix.F_OFD_SETLK, ref request) == 0)
                return new OfdLock(descriptor);
            var error = Marshal.GetLastPInvokeError();
            if (error == Posix.EINTR)
                continue;
            var failure = Posix.Failure("lock", path);
            _ = Posix.Close(descriptor);
            if (error is Posix.EAGAIN or Posix.EACCES)
                return null;
            throw failure;
        }
    }
}
