using System.Runtime.InteropServices;

namespace Courier.IO.Platform;

/// <summary>Root works as the owner of a directory for a while, so that what it makes there is the owner's. Without effect for anybody else.</summary>
/// <remarks>The C library changes all threads of the process. The owner is asked of the directory itself; a link leads nowhere.</remarks>
public sealed unsafe partial class EffectiveUser : IDisposable
{
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int OwnerAt = 0x14, GroupAt = 0x18, StatusBytes = 256;

    private EffectiveUser()
    {
    }

    /// <summary>Null where there is nothing to change.</summary>
    public static EffectiveUser? OwnerOf(string directory)
    {
        if (Geteuid() != 0)
            return null;
        var status = stackalloc byte[StatusBytes];
        if (FileCalls.Statx(FileCalls.AT_FDCWD, directory, AT_SYMLINK_NOFOLLOW, FileCalls.STATX_BASIC, status) != 0)
            throw Posix.Failure("statx", directory);
        var (owner, group) = (*(uint*)(status + OwnerAt), *(uint*)(status + GroupAt));
        if (owner == 0)
            return null;
        if (Setegid(group) != 0 || Seteuid(owner) != 0)
            throw Posix.Failure("seteuid", directory);
        return new EffectiveUser();
    }

    public void Dispose()
    {
        if (Seteuid(0) != 0 || Setegid(0) != 0)
            throw Posix.Failure("seteuid", "0");
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint Geteuid();

    [LibraryImport("libc", EntryPoint = "seteuid", SetLastError = true)]
    private static partial int Seteuid(uint user);

    [LibraryImport("libc", EntryPoint = "setegid", SetLastError = true)]
    private static partial int Setegid(uint group);
}
