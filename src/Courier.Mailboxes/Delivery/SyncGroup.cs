using Courier.IO.Files;

namespace Courier.Mailboxes.Delivery;

/// <summary>Shares syncs between those who wait at the same time: while one runs the others gather and the next serves them all.
/// One alone pays for its own file only, several for one syncfs.</summary>
internal sealed class SyncGroup
{
    private readonly Lock _gate = new();
    private List<Request> _waiting = [];
    private bool _runs;

    /// <summary>Returns when the content of <paramref name="files"/> is on the disk as it was at the call.</summary>
    internal Task SyncFilesAsync(IReadOnlyList<string> files) => files.Count == 0 ? Task.CompletedTask : SyncAsync(new Request(files, [], IsWhole: false));

    /// <summary>Returns when the names in <paramref name="directory"/> are on the disk as they were at the call.</summary>
    internal Task SyncNamesAsync(string directory) => SyncAsync(new Request([], [directory], IsWhole: false));

    /// <summary>Returns when everything on the file system of <paramref name="directory"/> is on the disk as it was at the call.</summary>
    internal Task SyncAllAsync(string directory) => SyncAsync(new Request([], [directory], IsWhole: true));

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
            Sync([.. batch.SelectMany(request => request.Files).Distinct(StringComparer.Ordinal)],
                [.. batch.SelectMany(request => request.Directories).Distinct(StringComparer.Ordinal)],
                batch.Exists(request => request.IsWhole));
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

    private static void Sync(string[] files, string[] directories, bool isWhole)
    {
        if (!isWhole && (files, directories) is ([var file], []))
            RawFile.Sync(file);
        else if (!isWhole && (files, directories) is ([], [var directory]))
            DurableFile.FlushDirectory(directory);
        else
            SyncBatch.Sync(files, directories);
    }

    private sealed record Request(IReadOnlyList<string> Files, IReadOnlyList<string> Directories, bool IsWhole)
    {
        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
