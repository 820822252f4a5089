using System.Diagnostics;
using System.Globalization;

namespace Courier.Web.Metrics;

/// <summary>What every program tells of itself, under the names that Prometheus' own libraries give: proc(5) and the runtime.</summary>
internal static class ProcessFigures
{
    private static readonly double _started = StartTime();

    internal static void Write(ExpositionWriter text)
    {
        One(text, "process_cpu_seconds_total", "User and system CPU time spent.", MetricKind.Counter, Environment.CpuUsage.TotalTime.TotalSeconds);
        One(text, "process_open_fds", "Open file descriptors.", MetricKind.Gauge, OpenDescriptors());
        One(text, "process_resident_memory_bytes", "Resident memory size.", MetricKind.Gauge, Environment.WorkingSet);
        One(text, "process_start_time_seconds", "Start of the process since the epoch.", MetricKind.Gauge, _started);
        One(text, "process_threads", "Threads of the operating system.", MetricKind.Gauge, Threads());
        One(text, "dotnet_gc_heap_bytes", "Managed memory in use.", MetricKind.Gauge, GC.GetTotalMemory(forceFullCollection: false));
        One(text, "dotnet_gc_pause_seconds_total", "Time that collections held the program up.", MetricKind.Counter, GC.GetTotalPauseDuration().TotalSeconds);
        text.Begin("dotnet_gc_collections_total", "Garbage collections by generation.", MetricKind.Counter);
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            text.Sample("dotnet_gc_collections_total", $"generation=\"{generation}\"", GC.CollectionCount(generation));
        One(text, "dotnet_threadpool_threads", "Threads of the pool.", MetricKind.Gauge, ThreadPool.ThreadCount);
        One(text, "dotnet_threadpool_waiting", "Work items that wait for a thread of the pool.", MetricKind.Gauge, ThreadPool.PendingWorkItemCount);
    }

    private static void One(ExpositionWriter text, string name, string help, MetricKind kind, double value)
    {
        text.Begin(name, help, kind);
        text.Sample(name, "", value);
    }

    // The listing itself has one open.
    private static int OpenDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length - 1;

    private static double Threads()
    {
        const string field = "Threads:";
        var line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        return line is null ? double.NaN : double.Parse(line.AsSpan(field.Length).Trim(), CultureInfo.InvariantCulture);
    }

    private static double StartTime()
    {
        using var process = Process.GetCurrentProcess();
        return (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
    }
}
