using System.Runtime.InteropServices;

namespace Courier.Faults.Server;

/// <summary>How many file descriptors a process may have, while it runs (prlimit(2)).</summary>
internal static partial class DescriptorLimit
{
    private const int NoFile = 7;
    private const ulong Plenty = 20_000;

    internal static int Open(int process) => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;

    /// <summary>What it has beyond that stays open; it gets no further one.</summary>
    internal static void Take(int process, int most) => Set(process, (ulong)Math.Max(0, most));

    internal static void GiveBack(int process) => Set(process, Plenty);

    private static void Set(int process, ulong most)
    {
        var limit = new Limit { Soft = most, Hard = Plenty };
        Assert.Equal(0, PrLimit(process, NoFile, ref limit, nint.Zero));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [LibraryImport("libc", EntryPoint = "prlimit64", SetLastError = true)]
    private static partial int PrLimit(int process, int resource, ref Limit limit, nint old);
}
