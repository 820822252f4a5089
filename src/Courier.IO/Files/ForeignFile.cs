using System.Runtime.InteropServices;
using Courier.IO.Platform;
using Microsoft.Win32.SafeHandles;

namespace Courier.IO.Files;

/// <summary>A file that somebody else put where we look: opened so that a link leads nowhere and a pipe keeps nobody waiting, and judged by what was
/// opened, not by what the name means a moment later.</summary>
public sealed class ForeignFile : IDisposable
{
    private const int O_NOFOLLOW = 0x20000;
    private const int O_NOFOLLOW_ARM = 0x8000;
    private const int O_NONBLOCK = 0x800;
    private const int AT_EMPTY_PATH = 0x1000;
    private const int TypeMask = 0xf000;
    private const int RegularFile = 0x8000;

    private ForeignFile(FileStream content, uint owner) => (Content, Owner) = (content, owner);

    public FileStream Content { get; }

    /// <summary>User id of its owner.</summary>
    public uint Owner { get; }

    /// <summary>Null where it is gone, or is no regular file, or has another name too (somebody else's file may have been linked there).</summary>
    public static unsafe ForeignFile? TryOpen(string path)
    {
        var noFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? O_NOFOLLOW_ARM : O_NOFOLLOW;
        var descriptor = Posix.Open(path, Posix.O_RDONLY | noFollow | O_NONBLOCK | Posix.O_CLOEXEC, 0);
        if (descriptor < 0)
        {
            const int tooManyLinks = 40;
            return Marshal.GetLastPInvokeError() is FileCalls.ENOENT or tooManyLinks ? null : throw Posix.Failure("open", path);
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        var status = stackalloc byte[256];
        if (FileCalls.Statx(descriptor, "", AT_EMPTY_PATH, FileCalls.STATX_BASIC, status) != 0)
        {
            handle.Dispose();
            throw Posix.Failure("statx", path);
        }

        const int links = 0x10, owner = 0x14, mode = 0x1c;
        if ((*(ushort*)(status + mode) & TypeMask) != RegularFile || *(uint*)(status + links) != 1)
        {
            handle.Dispose();
            return null;
        }

        return new ForeignFile(new FileStream(handle, FileAccess.Read, bufferSize: 0), *(uint*)(status + owner));
    }

    public void Dispose() => Content.Dispose();
}
