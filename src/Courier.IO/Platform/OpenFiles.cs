using System.Runtime.InteropServices;

namespace Courier.IO.Platform;

/// <summary>How many descriptors this process may have open, sockets included.</summary>
public static partial class OpenFiles
{
    private const int RLIMIT_NOFILE = 7;

    /// <summary>Now: .NET raises it to the most that the process may have when it starts. Throws <see cref="IOException"/>.</summary>
    public static long Limit => GetRlimit(RLIMIT_NOFILE, out var limit) == 0 ? (long)Math.Min(limit.Current, long.MaxValue) : throw Posix.Failure("getrlimit", "RLIMIT_NOFILE");

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetRlimit(int resource, out ResourceLimit limit);

    /// <summary>struct rlimit of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        internal ulong Current;
        internal ulong Maximum;
    }
}
