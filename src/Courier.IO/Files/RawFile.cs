using System.Runtime.InteropServices;
using Courier.IO.Platform;

namespace Courier.IO.Files;

/// <summary>Whole small files in as few system calls as they take: .NET adds an fstat and an flock to each open.
/// Nothing is durable here unless it says so.</summary>
public static unsafe class RawFile
{
    private const int UserReadWrite = 0x180;

    /// <summary>Makes a file of those bytes, or replaces what is there. Mode 600.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var descriptor = Posix.Open(path, FileCalls.O_WRONLY | Posix.O_CREAT | FileCalls.O_TRUNC | Posix.O_CLOEXEC, UserReadWrite);
        if (descriptor < 0)
            throw OpenFailure(path);
        try
        {
            WriteAll(descriptor, path, content);
        }
        finally
        {
            _ = Posix.Close(descriptor);
        }
    }

    /// <summary>Appends in one write(2) with O_APPEND, so that appends of several processes do not mix. False when there is no such file
    /// and <paramref name="create"/> is false.</summary>
    public static bool TryAppend(string path, ReadOnlySpan<byte> content, bool create, bool sync)
    {
        var descriptor = Posix.Open(path, FileCalls.O_WRONLY | FileCalls.O_APPEND | (create ? Posix.O_CREAT : 0) | Posix.O_CLOEXEC, UserReadWrite);
        if (descriptor < 0)
            return !create && Marshal.GetLastPInvokeError() == FileCalls.ENOENT ? false : throw OpenFailure(path);
        try
        {
            WriteAll(descriptor, path, content);
            if (sync && FileCalls.Fdatasync(descriptor) != 0)
                throw Posix.Failure("fdatasync", path);
            return true;
        }
        finally
        {
            _ = Posix.Close(descriptor);
        }
    }

    private static void WriteAll(int descriptor, string path, ReadOnlySpan<byte> content)
    {
        fixed (byte* start = content)
        {
            nint done = 0;
            while (done < content.Length)
            {
                var written = FileCalls.Write(descriptor, start + done, content.Length - done);
                if (written < 0 && Marshal.GetLastPInvokeError() == Posix.EINTR)
                    continue;
                if (written < 0)
                    throw Posix.Failure("write", path);
                done += written;
            }
        }
    }

    private static IOException OpenFailure(string path) =>
        Marshal.GetLastPInvokeError() == FileCalls.ENOENT ? new DirectoryNotFoundException(path) : Posix.Failure("open", path);
}
