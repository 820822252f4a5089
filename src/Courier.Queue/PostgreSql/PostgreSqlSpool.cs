using Courier.IO.Files;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.PostgreSql;

/// <summary>The spool of several nodes: one PostgreSQL database that all of them take messages into and lease them from. The line that makes a message
/// durable is the commit in <see cref="PostgreSqlDatabase.InTransactionAsync"/>; docs/queue.md lists what holds when.</summary>
/// <remarks>Whoever has leased a recipient stands in its row; that he lives stands in the row of his node (<see cref="PostgreSqlNode"/>). The same leases
/// stand in his memory, where they are asked for at each attempt, and count only while the node is sure to be alive.</remarks>
public sealed partial class PostgreSqlSpool : ISpool
{
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
}
