using System.Threading.Channels;
using Courier.IO;
using Courier.IO.Platform;
using Courier.IO.Sqlite;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.Sqlite;

/// <summary>The one thread that changes the spool. Whatever waits when it comes round shares one transaction, and so one sync of
/// the disk (group commit).</summary>
/// <remarks>A change that fails is taken out, the rest begins again: it fails only its own caller. When COMMIT fails, all of the
/// batch fail and nothing is acknowledged.</remarks>
internal sealed class SpoolWriter : IAsyncDisposable
{
    private readonly SqliteDatabase _database;
    private readonly SpoolTables _tables;
    private readonly SpoolSettings _settings;
    private readonly ILogger _logger;
    private readonly LogRoom? _room;
    private readonly SpoolLog? _log;
    private readonly SpoolReader _reader;
    private readonly Channel<SpoolWork> _waiting;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="database">Its connection, from now on.</param>
    /// <param name="tables">What changes it.</param>
    /// <param name="reader">Who reads beside it, and rests with it.</param>
    /// <param name="settings">Of the spool.</param>
    /// <param name="log">The owner's: commands, which are short, leave log and room to it.</param>
    /// <param name="room">The owner's.</param>
    /// <param name="logger">For trouble.</param>
    internal SpoolWriter(SqliteDatabase database, SpoolTables tables, SpoolReader reader, SpoolSettings settings, SpoolLog? log, LogRoom? room, ILogger logger)
    {
        (_database, _tables, _reader, _settings, _log, _room, _logger) = (database, tables, reader, settings, log, room, logger);
        _waiting = Channel.CreateBounded<SpoolWork>(new BoundedChannelOptions(settings.PendingOperations)
        {
            SingleReader = true,
            FullMode = BoundedChannelFullMode.Wait,
        });
        new Thread(Run) { IsBackground = true, Name = "spool writer" }.Start();
    }

    /// <summary>Commits so far.</summary>
    internal long Commits { get; private set; }

    /// <summary>Changes committed so far; more than <see cref="Commits"/> where callers shared.</summary>
    internal long Operations { get; private set; }

    /// <summary>How often it has let go of what it kept, and what it keeps now; for tests, while nothing is to be written.</summary>
    internal int Rests { get; private set; }

    /// <inheritdoc cref="Rests"/>
    internal int CachedBytes => _database.CachedBytes;

    /// <summary>What the writes cost so far, for tests; between commits.</summary>
    internal long Steps => _database.Steps;

    /// <summary>Lets tests break a commit: called in place of nothing, just before COMMIT.</summary>
    internal Action? BeforeCommit { get; set; }

    /// <summary>Waits for room only; once taken in, the change runs to its end whatever the caller does meanwhile.</summary>
    internal async ValueTask<T> RunAsync<T>(SpoolWork<T> work, CancellationToken ct)
    {
        try
        {
            await _waiting.Writer.WriteAsync(work, ct);
        }
        catch (ChannelClosedException)
        {
            var closed = new IOException("The spool is closed.");
            work.Failed(closed, inDoubt: false);
            work.Tell();
        }
        catch (OperationCanceledException e)
        {
            work.Failed(e, inDoubt: false);
            throw;
        }

        return await work.Done;
    }

    /// <summary>Commits what waits, then ends the thread and closes its connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _ended.Task;
    }

    private void Run()
    {
        var batch = new List<SpoolWork>(_settings.OperationsPerCommit);
        try
        {
            while (WaitForWork())
            {
                var bytes = 0;
                while (batch.Count < _settings.OperationsPerCommit && bytes < _settings.BytesPerCommit && _waiting.Reader.TryRead(out var work))
                {
                    batch.Add(work);
                    bytes += work.Bytes;
                }

                MendIfDue();
                Commit(batch);
                batch.Clear();
            }

            if (_log is not null)
                _log.Close();
            else
                _database.Close();
            _ended.SetResult();
        }
        catch (Exception e)
        {
            // Only a fault of ours gets here. Nobody may wait for a thread that is gone.
            Log.WriterFault(_logger, e);
            _waiting.Writer.TryComplete(e);
            while (_waiting.Reader.TryRead(out var work))
                batch.Add(work);
            foreach (var work in batch)
                work.Failed(e, inDoubt: true);
            Tell(batch);
            _ended.SetException(e);
        }
    }

    private bool WaitForWork()
    {
        var available = _waiting.Reader.WaitToReadAsync();
        if (available.IsCompleted)
            return available.Result;
        // This thread has nothing else to do: it blocks, in the kernel. Waiting on the task itself would spin first.
        var waiting = available.AsTask();
        var woken = ((IAsyncResult)waiting).AsyncWaitHandle;
        var isResting = false;
        while (!woken.WaitOne(_log is { IsBroken: true } ? SpoolLog.Pause : isResting ? Timeout.InfiniteTimeSpan : _settings.RestsAfter))
        {
            MendIfDue();
            if (isResting || _log is { IsBroken: true })
                continue;
            Rest();
            isResting = true;
        }

        return waiting.Result;
    }

    /// <summary>Nothing has come for a while: the pages that were kept for the next change go back to the system, which has them as the file's anyway.</summary>
    private void Rest()
    {
        _database.ReleaseMemory();
        _reader.ReleaseMemory();
        NativeHeap.Trim();
        Rests++;
    }

    /// <summary>Callers that come again at once must not keep the thread from it.</summary>
    private void MendIfDue()
    {
        if (_log is { IsDue: true } && _log.Mend())
            _room?.Forget();
    }

    private void Commit(List<SpoolWork> batch)
    {
        while (batch.Count > 0)
        {
            if (!TryBegin(batch))
                return;
            if (!TryApply(batch))
                continue;
            Finish(batch);
            return;
        }
    }

    private bool TryBegin(List<SpoolWork> batch)
    {
        try
        {
            if (_log is { IsBroken: true })
                throw new IOException("The spool's disk has lost writes.");
            _database.Prepare("BEGIN IMMEDIATE").Run();
            _room?.Keep();
            return true;
        }
        catch (Exception e)
        {
            FailAll(batch, e, inDoubt: false);
            return false;
        }
    }

    /// <summary>False when a change failed: the transaction is rolled back, that change is out of the batch and its caller told.</summary>
    private bool TryApply(List<SpoolWork> batch)
    {
        var at = 0;
        try
        {
            for (; at < batch.Count; at++)
                batch[at].Apply(_tables);
            return true;
        }
        catch (Exception e)
        {
            RollBack();
            Log.ChangeFailed(_logger, e);
            var culprit = batch[at];
            batch.RemoveAt(at);
            culprit.Failed(e, inDoubt: false);
            Tell([culprit]);
            return false;
        }
    }

    private void Finish(List<SpoolWork> batch)
    {
        try
        {
            BeforeCommit?.Invoke();
            _database.Prepare("COMMIT").Run();
        }
        catch (Exception e)
        {
            RollBack();
            CoverFailed();
            FailAll(batch, e, inDoubt: true);
            return;
        }

        // From here on every change of the batch survives a crash.
        _tables.Ids.Committed();
        Commits++;
        Operations += batch.Count;
        QueueMetrics.CommitSize.Record(batch.Count);
        foreach (var work in batch)
            work.Committed();
        Tell(batch);
        if (_log is null)
            return;
        if (_log.Copy())
            _room?.Forget();
    }

    /// <summary>Writes something else over the frames of a commit that failed: a process that starts after us would take them for good if they are
    /// all there, and deliver what was refused.</summary>
    private void CoverFailed()
    {
        try
        {
            _database.InTransaction(_tables.CountFailedCommit);
        }
        catch (SqliteException)
        {
            // The disk still fails; its first frame lies over the other's all the same.
        }
    }

    private void FailAll(List<SpoolWork> batch, Exception failure, bool inDoubt)
    {
        Log.CommitFailed(_logger, batch.Count, failure);
        foreach (var work in batch)
            work.Failed(failure, inDoubt);
        Tell(batch);
    }

    /// <summary>Callers go on elsewhere: the writer has the next batch to commit.</summary>
    private static void Tell(List<SpoolWork> works) => WorkItems.Run(works, static work => work.Tell());

    private void RollBack()
    {
        _tables.Ids.RolledBack();
        try
        {
            _database.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // After some errors SQLite has rolled back by itself and no transaction is open.
        }
    }
}
