using System.Diagnostics;

namespace Courier.IO.Files;

/// <summary>Names that no other process and no other moment gives again: time, process, count and host, as Maildir asks.</summary>
public static class UniqueName
{
    private static long _count;

    /// <summary>This host as it stands in file names: without '/', ':' and ',' (courier.md §9.2).</summary>
    public static string Host { get; } = Environment.MachineName
        .Replace("/", "\\057", StringComparison.Ordinal)
        .Replace(":", "\\072", StringComparison.Ordinal)
        .Replace(",", "\\054", StringComparison.Ordinal);

    /// <summary><c>&lt;seconds&gt;.M&lt;µs&gt;P&lt;pid&gt;Q&lt;count&gt;.&lt;host&gt;</c>.</summary>
    public static string Next() => Next(TimeProvider.System.GetUtcNow());

    /// <param name="time">What the name begins with: the moment of delivery, or the internal date of an appended message.</param>
    public static string Next(DateTimeOffset time)
    {
        var count = Interlocked.Increment(ref _count);
        var microseconds = time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond;
        // The boot-relative clock keeps names apart when a process id comes round again within one microsecond of a set-back clock.
        return $"{time.ToUnixTimeSeconds()}.M{microseconds}P{Environment.ProcessId}Q{count}_{Stopwatch.GetTimestamp() & 0xffffff:x}.{Host}";
    }
}
