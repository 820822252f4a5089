using Courier.IO.Platform;
using Microsoft.Win32.SafeHandles;

namespace Courier.IO.Files;

/// <summary>Writes that are on the disk when they return. The order is always: write, flush the file, rename, flush the
/// directory; after a power cut a reader sees the old file or the new one, whole.</summary>
public static class DurableFile
{
    /// <summary>Replaces a file as a whole.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        RawFile.Replace(path, content, (temporary, content) =>
        {
            using var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = mode,
                BufferSize = 0,
            });
            file.Write(content);
            Flush(file);
        });
        FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes what was written to a file durable. The one way to do it with a stream: .NET's Flush(flushToDisk: true) and RandomAccess.FlushToDisk
    /// return as if all were well when fsync(2) fails (10.0.12, seen with EIO, ENOSPC and EROFS).</summary>
    public static void Flush(FileStream file)
    {
        file.Flush();
        Flush(file.SafeFileHandle, file.Name);
    }

    /// <inheritdoc cref="Flush(FileStream)"/>
    public static void Flush(SafeFileHandle file, string path)
    {
        var isHeld = false;
        try
        {
            file.DangerousAddRef(ref isHeld);
            Sync.Everything((int)file.DangerousGetHandle(), path);
        }
        finally
        {
            if (isHeld)
                file.DangerousRelease();
        }
    }

    /// <summary>rename(2): replaces the target at once. .NET's File.Move looks first and is two calls.</summary>
    public static void Rename(string from, string to)
    {
        if (Posix.Rename(from, to) != 0)
            throw Posix.Failure("rename", from);
    }

    /// <summary>rename(2); false when <paramref name="from"/> (or the target's directory) is not there.</summary>
    public static bool TryRename(string from, string to)
    {
        if (Posix.Rename(from, to) == 0)
            return true;
        const int noEntry = 2;
        return System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == noEntry ? false : throw Posix.Failure("rename", from);
    }

    /// <summary>link(2): a second name for the same file; fails where the target exists.</summary>
    public static void Link(string from, string to)
    {
        if (Posix.Link(from, to) != 0)
            throw Posix.Failure("link", from);
    }

    /// <summary>Makes renames, creations and deletions in a directory durable. .NET refuses to open a directory.</summary>
    public static void FlushDirectory(string path) => OnDirectory(path, Sync.Everything);

    /// <summary>Makes everything written to the file system of <paramref name="directory"/> durable: one call for a whole batch.</summary>
    public static void SyncFileSystem(string directory) => OnDirectory(directory, Sync.FileSystem);

    private static void OnDirectory(string path, Action<int, string> sync)
    {
        var descriptor = Posix.Open(path, Posix.O_RDONLY | Posix.O_DIRECTORY | Posix.O_CLOEXEC, 0);
        if (descriptor < 0)
            throw Posix.Failure("open", path);
        try
        {
            sync(descriptor, path);
        }
        finally
        {
            _ = Posix.Close(descriptor);
        }
    }
}
