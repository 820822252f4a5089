using System.Buffers;
using System.Runtime.InteropServices;
using Courier.IO.Platform;

namespace Courier.IO.Files;

/// <summary>Whole small files in as few system calls as they take: .NET adds an fstat and an flock to each open.
/// Nothing is durable here unless it says so.</summary>
public static unsafe class RawFile
{
    private const int UserReadWrite = 0x180;

    /// <summary>Most of what is read without a hint (subscriptions, a stranger's message) fits.</summary>
    private const int SmallBytes = 16 * 1024;

    /// <summary>What one array can hold, less what doubling and line ends add to it.</summary>
    private const int MaxBytes = 1 << 30;

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

    /// <summary>Replaces a file as a whole for every reader; not durable.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content) => Replace(path, content, static (temporary, content) => Write(temporary, content));

    /// <summary>The same with what <paramref name="write"/> puts into a file of the name that it is given. Whatever fails leaves nothing behind.</summary>
    public static void Replace<T>(string path, T content, Action<string, T> write)
        where T : allows ref struct
    {
        var temporary = $"{path}.{UniqueName.Next()}.tmp";
        try
        {
            write(temporary, content);
            DurableFile.Rename(temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
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
            if (sync)
                Platform.Sync.Content(descriptor, path);
            return true;
        }
        finally
        {
            _ = Posix.Close(descriptor);
        }
    }

    /// <summary>Reads a whole file into an array of the shared pool, which the caller returns; null where there is no such file.</summary>
    /// <param name="path">Bytes that end in NUL (<see cref="RawPath"/>).</param>
    /// <param name="sizeHint">How long it probably is; 0 when unknown. When right, the file takes one read.</param>
    /// <param name="length">How long it is.</param>
    public static byte[]? TryRead(ReadOnlySpan<byte> path, long sizeHint, out int length)
    {
        length = 0;
        int descriptor;
        fixed (byte* start = path)
            descriptor = FileCalls.Open(start, Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        if (descriptor < 0)
            return IsMissing() ? null : throw Posix.Failure("open", Text(path));
        // One octet more than expected: a read that comes back short says that this was the end.
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(sizeHint + 1, SmallBytes, MaxBytes));
        try
        {
            while (true)
            {
                nint count;
                fixed (byte* into = buffer)
                    count = Posix.Read(descriptor, into + length, buffer.Length - length);
                if (count < 0 && Marshal.GetLastPInvokeError() != Posix.EINTR)
                    throw Posix.Failure("read", Text(path));
                if (count == 0 || (count > 0 && length + count == sizeHint))
                {
                    length += (int)count;
                    return buffer;
                }

                length += (int)Math.Max(count, 0);
                if (length == buffer.Length)
                    buffer = Larger(buffer, path);
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
        finally
        {
            _ = Posix.Close(descriptor);
        }
    }

    /// <summary>How a file begins, as much as one read gives; -1 where there is no such file.</summary>
    public static int ReadStart(ReadOnlySpan<byte> path, Span<byte> start)
    {
        int descriptor;
        fixed (byte* name = path)
            descriptor = FileCalls.Open(name, Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        if (descriptor < 0)
            return IsMissing() ? -1 : throw Posix.Failure("open", Text(path));
        try
        {
            nint count;
            fixed (byte* into = start)
                count = Posix.Read(descriptor, into, start.Length);
            // Interrupted: nothing of it was read.
            return count >= 0 ? (int)count : Marshal.GetLastPInvokeError() == Posix.EINTR ? 0 : throw Posix.Failure("read", Text(path));
        }
        finally
        {
            _ = Posix.Close(descriptor);
        }
    }

    /// <summary>rename(2); false when the source (or the target's directory) is not there.</summary>
    public static bool TryRename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        fixed (byte* source = from, target = to)
        {
            if (FileCalls.Rename(source, target) == 0)
                return true;
        }

        return IsMissing() ? false : throw Posix.Failure("rename", Text(from));
    }

    /// <summary>link(2). Failures are answered with their number (errno), 0 means done: which of them a caller can do without is his to know.</summary>
    public static int Link(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        fixed (byte* source = from, target = to)
            return FileCalls.Link(source, target) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>unlink(2); false when it is not there.</summary>
    public static bool TryDelete(ReadOnlySpan<byte> path)
    {
        fixed (byte* start = path)
        {
            if (FileCalls.Unlink(start) == 0)
                return true;
        }

        return IsMissing() ? false : throw Posix.Failure("unlink", Text(path));
    }

    /// <summary>Makes the content of one file durable.</summary>
    public static void Sync(string path) => On(path, Platform.Sync.Everything);

    /// <summary>After a sync of its whole file system: throws where content of this file was lost on the way to the disk, which that sync may not have said.</summary>
    public static void RequireWritten(string path) => On(path, Platform.Sync.Written);

    /// <summary>Drops what memory holds of the file and the disk may not have, after a failed write or sync. No error: there may be no such file.</summary>
    public static void Forget(string path)
    {
        try
        {
            On(path, static (descriptor, _) => Platform.Sync.Forget(descriptor));
        }
        catch (IOException)
        {
            // Then nobody reads it either.
        }
    }

    private static void On(string path, Action<int, string> act)
    {
        var descriptor = Posix.Open(path, Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        if (descriptor < 0)
            throw OpenFailure(path);
        try
        {
            act(descriptor, path);
        }
        finally
        {
            _ = Posix.Close(descriptor);
        }
    }

    /// <summary>ftruncate(2), for what was appended in vain.</summary>
    public static void Shorten(string path, long length)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.SetLength(file, length);
    }

    private static byte[] Larger(byte[] buffer, ReadOnlySpan<byte> path)
    {
        if (buffer.Length >= MaxBytes)
            throw new IOException($"{Text(path)} is longer than {MaxBytes} octets");
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Length * 2L, MaxBytes));
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static bool IsMissing() => Marshal.GetLastPInvokeError() is FileCalls.ENOENT or FileCalls.ENOTDIR;

    private static string Text(ReadOnlySpan<byte> path) => System.Text.Encoding.UTF8.GetString(path.TrimEnd((byte)0));

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
