using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Courier.IO.Files;

/// <summary>A lock that other programs know: a file that exists while it is held, with <c>pid:host</c> in it. Dovecot, Courier and the programs that
/// read mbox files exclude each other so.</summary>
/// <remarks>It is made under another name and linked, so that nobody sees it empty. One whose process is gone from this host is
/// taken over at once; one of another host when it has not been touched for <see cref="StaleAfter"/>, as those programs do.</remarks>
public sealed class DotLock : IDisposable
{
    /// <summary>What Courier and Dovecot wait before they take a lock over whose owner they cannot ask.</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(120);

    private const int FirstWaitMs = 1;
    private const int LongestWaitMs = 50;
    private const int FileExists = 17;

    /// <summary>The whole name of the host: .NET's own ends at the first dot.</summary>
    private static readonly string Host = ReadHost();

    private static readonly ManualResetEvent Never = new(initialState: false);

    private readonly string _path;
    private readonly FileStatus _ours;
    private bool _released;

    private DotLock(string path, FileStatus ours) => (_path, _ours) = (path, ours);

    /// <summary>Waits for it on the thread, at most <paramref name="limit"/>: null when somebody held it all the time.</summary>
    public static DotLock? TryTake(string path, TimeSpan limit)
    {
        var since = Stopwatch.GetTimestamp();
        for (var wait = FirstWaitMs; ; wait = Math.Min(wait * 2, LongestWaitMs))
        {
            if (TryMake(path) is { } made)
                return made;
            if (RemoveIfStale(path))
                continue;
            if (Stopwatch.GetElapsedTime(since) >= limit)
                return null;
            Never.WaitOne(wait);
        }
    }

    /// <summary>It is still wanted: others do not take it for one that was left behind.</summary>
    public void Touch() => File.SetLastWriteTimeUtc(_path, TimeProvider.System.GetUtcNow().UtcDateTime);

    public void Dispose()
    {
        if (_released)
            return;
        _released = true;
        // Should another have taken it over, the file is theirs by now.
        if (FileStatus.TryGet(_path, out var status) && status.Inode == _ours.Inode && status.Device == _ours.Device)
            File.Delete(_path);
    }

    private static DotLock? TryMake(string path)
    {
        var temporary = $"{path}.{UniqueName.Next()}";
        RawFile.Write(temporary, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}:{Host}")));
        try
        {
            var error = RawFile.Link(Encoding.UTF8.GetBytes(temporary + "\0"), Encoding.UTF8.GetBytes(path + "\0"));
            if (error == FileExists)
                return null;
            if (error != 0)
                throw new IOException($"link {path}: error {error}", error);
            return FileStatus.TryGet(temporary, out var status) ? new DotLock(path, status) : null;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static bool RemoveIfStale(string path)
    {
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(path + "\0"), 0, out var length);
        if (bytes is null)
            return true;
        var owner = Encoding.Latin1.GetString(bytes, 0, length).TrimEnd('\n').Split(':', 2);
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        var isStale = owner is [var process, var host] && host == Host && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0
            ? !Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}"))
            : File.Exists(path) && TimeProvider.System.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(path) > StaleAfter;
        if (isStale)
            File.Delete(path);
        return isStale;
    }

    private static string ReadHost()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/hostname").Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Environment.MachineName;
        }
    }
}
