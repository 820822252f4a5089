using Courier.IO.Files;

namespace Courier.Mailboxes.Delivery;

/// <summary>Shares syncs between those who wait at the same time: while one runs the others gather and the next serves them all.
/// One alone pays for its own file only, several for one syncfs.</summary>
internal sealed class SyncGroup
{
    private readonly Lock _gate = new();
    private List<Request> _waiting = [];
    private bool _runs;

    /// <summary>Returns when all of <paramref name="paths"/> (files, or directories for the names in them) are on the disk as they were at the call.</summary>
    internal Task SyncAsync(IReadOnlyList<string> paths) => paths.Count == 0 ? Task.CompletedTask : SyncAsync(new Request(paths, IsWhole: false));

    /// <summary>Returns when everything on the file system of <paramref name="directory"/> is on the disk as it was at the call.</summary>
    internal Task SyncAllAsync(string directory) => SyncAsync(new Request([directory], IsWhole: true));

    private Task SyncAsync(Request request)
    {
        lock (_gate)
        {
            _waiting.Add(request);
            if (_runs)
                return request.Done.Task;
            _runs = true;
        }

        // The leader works on the caller's thread: for one client that saves two switches of thread.
        RunOne();
        return request.Done.Task;
    }

    private void RunOne()
    {
        List<Request> batch;
        lock (_gate)
            (batch, _waiting) = (_waiting, []);
        try
        {
            Sync([.. batch.SelectMany(request => request.Paths).Distinct(StringComparer.Ordinal)], batch.Exists(request => request.IsWhole));
            batch.ForEach(request => request.Done.SetResult());
        }
        catch (Exception e)
        {
            batch.ForEach(request => request.Done.SetException(e));
        }

        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _runs = false;
                return;
            }
        }

        // Those who came meanwhile are not this caller's business.
        ThreadPool.UnsafeQueueUserWorkItem(static group => group.RunOne(), this, preferLocal: false);
    }

    private static void Sync(string[] paths, bool isWhole)
    {
        if (paths.Length == 1 && !isWhole && Directory.Exists(paths[0]))
        {
            DurableFile.FlushDirectory(paths[0]);
            return;
        }

        if (paths.Length == 1 && !isWhole)
        {
            RawFile.Sync(paths[0]);
            return;
        }

        var synced = new HashSet<long>();
        var files = new List<string>(paths.Length);
        foreach (var path in paths)
        {
            if (!FileStatus.TryGet(path, out var status))
                throw new FileNotFoundException("Cannot be made durable: it is gone", path);
            var isDirectory = Directory.Exists(path);
            if (synced.Add(status.Device))
                DurableFile.SyncFileSystem(isDirectory ? path : Path.GetDirectoryName(path)!);
            if (!isDirectory)
                files.Add(path);
        }

        files.ForEach(RawFile.RequireWritten);
    }

    private sealed record Request(IReadOnlyList<string> Paths, bool IsWhole)
    {
        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
