using Courier.IO.Files;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.PostgreSql;

/// <summary>The spool of several nodes: one PostgreSQL database that all of them take messages into and lease them from. The line that makes a message
/// durable is the commit in <see cref="PostgreSqlDatabase.InTransactionAsync"/>; docs/queue.md lists what holds when.</summary>
/// <remarks>Whoever has leased a recipient stands in its row; that he lives stands in the row of his node (<see cref="PostgreSqlNode"/>). The same leases
/// stand in his memory, where they are asked for at each attempt, and count only while the node is sure to be alive.</remarks>
public sealed class PostgreSqlSpool : ISpool
{
    private static readonly TimeSpan _soon = TimeSpan.FromMilliseconds(200);

    private readonly PostgreSqlSpoolSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly PostgreSqlDatabase _database;
    private readonly PostgreSqlNode? _node;
    private readonly PostgreSqlBodies _bodies;
    private readonly PostgreSqlWriter _writer;
    private readonly PostgreSqlIds _ids;
    private readonly OfdLock? _lock;
    private readonly SemaphoreSlim _largeBodies;
    private readonly SemaphoreSlim _leasing = new(1);
    private readonly Leases _leases = new();
    private readonly PostgreSqlDoubts _doubts = new();
    private Queue<long> _stagedAtStart = [];
    private long _length;

    private PostgreSqlSpool(PostgreSqlSpoolSettings settings, PostgreSqlDatabase database, PostgreSqlNode? node, OfdLock? ownership, TimeProvider clock, ILogger logger)
    {
        (_settings, _database, _node, _lock, _clock, _logger) = (settings, database, node, ownership, clock, logger);
        _bodies = new PostgreSqlBodies(node is null ? null : settings.BodyDirectory, settings.ChunkBytes);
        _writer = new PostgreSqlWriter(database, settings, () => Identity, logger);
        _ids = new PostgreSqlIds(database);
        _largeBodies = new SemaphoreSlim(settings.LargeBodiesAtOnce);
    }

    public Action? Disturbed { get; set; }

    internal PostgreSqlWriter Writer => _writer;

    internal PostgreSqlNode Node => _node ?? throw new InvalidOperationException("A command is no node.");

    internal Leases Leases => _leases;

    private NodeIdentity Identity => _node?.Identity ?? default;

    /// <summary>Opens the queue; a server makes or upgrades its tables. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/>, with a
    /// sentence for the operator, when the database cannot be reached, is newer than this program, or another server has this one's name or files.</summary>
    public static async Task<PostgreSqlSpool> OpenAsync(PostgreSqlSpoolSettings settings, TimeProvider clock, ILogger logger, SpoolAccess access = SpoolAccess.Owner)
    {
        var database = PostgreSqlDatabase.Of(settings);
        OfdLock? ownership = null;
        PostgreSqlNode? node = null;
        try
        {
            if (access == SpoolAccess.Owner)
            {
                Directory.CreateDirectory(settings.State);
                ownership = SpoolOwnership.Take(settings.State, settings.State);
            }

            await PostgreSqlOpening.CheckAsync(database, settings, access, clock, logger);
            if (access == SpoolAccess.Owner)
                node = await PostgreSqlNode.JoinAsync(database, settings, logger);
            var spool = new PostgreSqlSpool(settings, database, node, ownership, clock, logger);
            await spool.BeginAsync();
            return spool;
        }
        catch
        {
            if (node is not null)
                await node.DisposeAsync();
            await database.DisposeAsync();
            ownership?.Dispose();
            throw;
        }
    }

    /// <summary>Whether a text is a connection, as <see cref="PostgreSqlSpoolSettings.Connection"/> has it.</summary>
    public static bool IsConnection(string text) => PostgreSqlDatabase.IsConnection(text);

    /// <summary>Whether the database can be used, and what it is, in words; changes nothing.</summary>
    public static async Task<string> ProbeAsync(PostgreSqlSpoolSettings settings)
    {
        await using var database = PostgreSqlDatabase.Of(settings);
        return await PostgreSqlOpening.DescribeAsync(database, settings);
    }

    public ValueTask<QueueId> SubmitAsync(Submission submission, CancellationToken ct) => SubmitAsync(submission, isLeased: false, ct);

    public ValueTask<QueueId> SubmitLeasedAsync(Submission submission, CancellationToken ct) => SubmitAsync(submission, isLeased: true, ct);

    public bool IsLeased(QueueId id, int recipient) => _node is { Stands: true } && _leases.Stands(id, recipient);

    public async ValueTask RelinquishAsync(QueueId id, IReadOnlyList<int> recipients, CancellationToken ct)
    {
        if (!_leases.Relinquish(id, recipients))
            return;
        await _database.RunAsync(
            async connection =>
            {
                await using var batch = connection.CreateBatch();
                batch.Add("UPDATE recipient SET node = NULL WHERE message = $1 AND number = ANY($2) AND node = $3").With(id.Value).With([.. recipients]).With(Identity.Id);
                return await batch.ExecuteNonQueryAsync(ct);
            },
            ct);
        ForgetCopy(id);
        Disturbed?.Invoke();
    }

    public async ValueTask MarkStagedAsync(IReadOnlyList<StagedCopy> copies, CancellationToken ct) => await _writer.RunAsync(new MarkStagedWork(copies), ct);

    public async ValueTask<IReadOnlyList<QueueId>> CompleteAsync(IReadOnlyList<RecipientUpdate> updates, IReadOnlyList<Submission> reports, CancellationToken ct)
    {
        var queued = new List<(QueueId Id, Submission Submission, bool IsInline)>();
        foreach (var report in reports)
            queued.Add((await _ids.NextAsync(ct), report, IsInline(report)));
        var work = new CompleteWork(updates, queued, Now, Completed);
        if (queued.TrueForAll(report => report.IsInline))
            await _writer.RunAsync(work, ct);
        else
            await RunLargeAsync(work, queued.Where(report => !report.IsInline).Select(report => (report.Id, report.Submission)), ct);
        if (work.Reported.Count > 0)
            Disturbed?.Invoke();
        return work.Reported;
    }

    public async ValueTask<IReadOnlyList<QueueEntry>> LeaseDueAsync(DateTimeOffset now, int most, CancellationToken ct)
    {
        var node = Node.Identity;
        if (!Node.Stands)
            throw new IOException($"The lease of this node on the queue in {_database.Name} has ended");
        var first = _stagedAtStart.Take(most).ToList();
        List<QueueEntry> entries = [];
        await _leasing.WaitAsync(ct);
        try
        {
            _ = await _database.InTransactionAsync(
                async connection => entries = await PostgreSqlLeasing.LeaseAsync(connection, node, first, SpoolColumns.ToColumn(now), most, ct), ct);
            _stagedAtStart = new(_stagedAtStart.Skip(first.Count));
            return Take(entries);
        }
        catch (CommitInDoubtException)
        {
            entries.ForEach(entry => _doubts.Add(entry.Id, entry.Recipients.Select(recipient => recipient.Number)));
            throw;
        }
        finally
        {
            _leasing.Release();
        }
    }

    /// <summary>An attempt whose lease ended before it did may still run here: what it works on is given back, and leased when it has ended.</summary>
    private List<QueueEntry> Take(List<QueueEntry> entries)
    {
        var taken = entries.ConvertAll(entry => entry with { Recipients = [.. entry.Recipients.Where(recipient => _leases.TryTake(entry.Id, recipient.Number))] });
        var isAny = false;
        for (var at = 0; at < entries.Count; at++)
        {
            _doubts.Remove(taken[at].Id, taken[at].Recipients.Select(recipient => recipient.Number));
            if (taken[at].Recipients.Count == entries[at].Recipients.Count)
                continue;
            isAny = true;
            _doubts.Add(entries[at].Id, entries[at].Recipients.Except(taken[at].Recipients).Select(recipient => recipient.Number));
        }

        if (isAny)
            _ = LookAgainAsync();
        taken.RemoveAll(entry => entry.Recipients.Count == 0);
        return taken;
    }

    public async ValueTask<DateTimeOffset?> NextDueAsync(CancellationToken ct) =>
        await _database.RunAsync(connection => PostgreSqlLeasing.NextDueAsync(connection, _settings.Node, ct), ct) is { } next ? SpoolColumns.FromColumn(next) : null;

    public async ValueTask<(ReadOnlyMemory<byte> Trace, MessageBody Body)?> OpenAsync(QueueId id, CancellationToken ct) =>
        await _database.RunAsync(connection => _bodies.OpenAsync(connection, id, ct), ct);

    public async ValueTask<IReadOnlySet<string>> StagedPathsAsync(CancellationToken ct) => await _database.RunAsync(
        async connection =>
        {
            var paths = new HashSet<string>(StringComparer.Ordinal);
            await using var batch = connection.CreateBatch();
            batch.Add("SELECT staged FROM recipient WHERE staged_node = $1 AND staged IS NOT NULL AND next_attempt IS NOT NULL").With(_settings.Node);
            await using var reader = await batch.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                paths.Add(reader.GetString(0));
            return paths;
        },
        ct);

    public async ValueTask<IReadOnlyList<QueueEntry>> ListAsync(QueueSelection selection, int most, CancellationToken ct) =>
        await _database.RunAsync(connection => PostgreSqlReader.ListAsync(connection, selection, most, ct), ct);

    public async ValueTask<QueueEntry?> FindAsync(QueueId id, CancellationToken ct) =>
        (await _database.RunAsync(connection => PostgreSqlReader.EntriesAsync(connection, [id.Value], (_, _) => true, ct), ct)).SingleOrDefault();

    public async ValueTask<int> ChangeAsync(QueueSelection selection, QueueChange change, CancellationToken ct)
    {
        var changed = await _database.InTransactionAsync(connection => PostgreSqlChanges.ChangeAsync(connection, selection, change, Now), ct);
        if (_node is not null && change is not (QueueChange.Retry or QueueChange.Release))
            await ReviewLeasesAsync(ct);
        await AnnounceAsync();
        return changed;
    }

    public async ValueTask<bool> RemoveAsync(QueueId id, CancellationToken ct)
    {
        if (!await _database.InTransactionAsync(connection => PostgreSqlChanges.RemoveAsync(connection, id), ct))
            return false;
        Log.Removed(_logger, id);
        _leases.FreeMessage(id);
        Forget([id]);
        await AnnounceAsync();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        if (_node is { } node)
        {
            await node.DisposeAsync();
            QueueMetrics.Length.Add(-Interlocked.Exchange(ref _length, 0));
        }

        await _database.DisposeAsync();
        _bodies.Dispose();
        _ids.Dispose();
        _largeBodies.Dispose();
        _lock?.Dispose();
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private bool IsInline(Submission submission) => submission.Body.FilePath is null && submission.Body.Length <= _settings.InlineLimitBytes;

    private async Task BeginAsync()
    {
        if (_node is not { } node)
            return;
        _bodies.Sweep();
        var (messages, staged) = await PostgreSqlOpening.BeginAsync(_database, _settings, Now);
        _stagedAtStart = new(staged);
        Count(messages);
        Log.Joined(_logger, _database.Name, _settings.Node, messages, staged.Count);
        node.Heard = () => _ = HearAsync();
        node.Renewed = () => _ = LookAsync();
        node.Lost = () => _leases.RevokeAll();
    }

    private async ValueTask<QueueId> SubmitAsync(Submission submission, bool isLeased, CancellationToken ct)
    {
        if (isLeased && !Node.Stands)
            throw new IOException($"The lease of this node on the queue in {_database.Name} has ended");
        ct.ThrowIfCancellationRequested();
        var id = await _ids.NextAsync(ct);
        var recipients = submission.Envelope.Recipients.Count;
        var (length, isInline) = (submission.Body.Length, IsInline(submission));
        var work = new InsertWork(id, submission, Now, isLeased, isInline, isCommitted =>
        {
            if (!isCommitted)
                _doubts.Add(id, Enumerable.Range(0, recipients));
            else if (isLeased)
                _leases.Take(id, recipients);
        });
        if (isInline)
            await _writer.RunAsync(work, ct);
        else
            await RunLargeAsync(work, [(id, submission)], ct);
        Count(1);
        QueueMetrics.Accepted.Add(1);
        Log.Queued(_logger, id, submission.Envelope.Sender.ToString(), recipients, length, submission.Origin);
        if (!isLeased)
            await AnnounceAcceptedAsync();
        return id;
    }

    /// <summary>A change with a large body has a transaction of its own: it would hold up the others.</summary>
    private async Task RunLargeAsync(PostgreSqlWork work, IEnumerable<(QueueId Id, Submission Submission)> bodies, CancellationToken ct)
    {
        await _largeBodies.WaitAsync(ct);
        try
        {
            await _database.InTransactionAsync(
                async connection =>
                {
                    var node = Identity;
                    await using (var batch = connection.CreateBatch())
                    {
                        PostgreSqlStatements.AddStandBy(batch, node.Id);
                        work.AddTo(batch, node);
                        await using var reader = await batch.ExecuteReaderAsync();
                        await reader.NextResultAsync();
                        await work.ReadAsync(reader);
                    }

                    foreach (var (id, submission) in bodies)
                        await _bodies.StoreAsync(connection, id, submission.Body);
                    return true;
                },
                CancellationToken.None);
        }
        catch (IOException e)
        {
            work.Fail(e);
        }
        finally
        {
            _largeBodies.Release();
        }

        if (!work.Done.IsCompleted)
            work.Commit();
        await work.Done;
    }

    private void Completed(CompleteWork work)
    {
        var isNews = false;
        foreach (var update in work.Updates)
        {
            isNews |= _leases.Free(update.Id, update.Recipient);
            ForgetCopy(update.Id);
        }

        if (isNews)
            Disturbed?.Invoke();
        Count(work.Reported.Count - work.Forgotten.Count);
        QueueMetrics.Accepted.Add(work.Reported.Count);
    }

    private void Forget(IReadOnlyList<QueueId> gone)
    {
        foreach (var id in gone)
            ForgetCopy(id);
        Count(-gone.Count);
    }

    private void ForgetCopy(QueueId id)
    {
        if (_bodies.Has(id) && !_leases.HoldsAny(id))
            _bodies.Forget(id);
    }

    private void Count(long messages)
    {
        if (_node is null)
            return;
        Interlocked.Add(ref _length, messages);
        QueueMetrics.Length.Add(messages);
    }

    /// <summary>Tells whoever schedules that rows have changed: here, and on the other nodes.</summary>
    private async Task AnnounceAsync()
    {
        Disturbed?.Invoke();
        await _database.RunAsync(
            async connection =>
            {
                await PostgreSqlNode.SayAsync(connection, _settings, Identity.Id);
                return true;
            },
            CancellationToken.None);
    }

    private async Task AnnounceAcceptedAsync()
    {
        if (_node is null)
            await AnnounceAsync();
        else
            Disturbed?.Invoke();
    }

    /// <summary>After a command: leases on messages that are gone, and those on recipients held, cancelled or rerouted are taken away.</summary>
    private async Task ReviewLeasesAsync(CancellationToken ct)
    {
        // Before the rows are read: a lease that comes later is not judged by them.
        var leased = _leases.Messages();
        var rows = await _database.RunAsync(connection => PostgreSqlChanges.LeasedAsync(connection, Identity.Id, ct), ct);
        foreach (var id in leased)
        {
            if (!rows.Messages.Contains(id))
                _leases.RevokeAll(id);
        }

        foreach (var (id, recipient) in rows.TakenAway)
            _leases.Revoke(id, recipient);
    }

    private async Task HearAsync()
    {
        try
        {
            await ReviewLeasesAsync(CancellationToken.None);
            Disturbed?.Invoke();
        }
        catch (IOException e)
        {
            Log.NotWatched(_logger, e.Message);
        }
    }

    /// <summary>Once a renewal: what another node left, or cannot take for lack of memory, is work for this one. And what a lost answer left in doubt is freed.</summary>
    private async Task LookAsync()
    {
        try
        {
            if (await SettleDoubtsAsync() | await NextDueAsync(CancellationToken.None) <= _clock.GetUtcNow())
                Disturbed?.Invoke();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Log.NodeUnreachable(_logger, e.Message);
        }
    }

    private async Task LookAgainAsync()
    {
        await Task.Delay(_soon, TimeProvider.System);
        await LookAsync();
    }

    /// <summary>Not while something is leased: what is given back must not be what was taken again meanwhile.</summary>
    private async Task<bool> SettleDoubtsAsync()
    {
        await _leasing.WaitAsync();
        try
        {
            return await _doubts.SettleAsync(_database, Identity.Id);
        }
        finally
        {
            _leasing.Release();
        }
    }
}
