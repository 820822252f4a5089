using System.Runtime.InteropServices;

namespace Courier.IO.Platform;

/// <summary>The memory that native code takes from the C library: the compiler's, SQLite's, crypt's.</summary>
public static partial class NativeHeap
{
    /// <summary>Gives free pages of all arenas back to the system (malloc_trim(3)). glibc keeps what a thread's arena grew to, and the
    /// runtime's compiler leaves megabytes behind after each burst of new code. Does nothing where the C library has no such call.</summary>
    public static void Trim()
    {
        if (NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "malloc_trim", out _))
            _ = MallocTrim(0);
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
