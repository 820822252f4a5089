using Courier.IO.Files;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.Sqlite;

/// <summary>The spool of one node: <c>spool.db</c> and, for large bodies, files in <c>spool/</c>. The line that makes a message
/// durable is the COMMIT in <see cref="SpoolWriter"/>; docs/queue.md lists what holds when.</summary>
/// <remarks>One process owns the spool (a lock on <c>spool.lock</c>). Others open it with <see cref="SpoolAccess.Admin"/>, change rows
/// under SQLite's own locks and ring the owner's bell (<see cref="SpoolBell"/>).</remarks>
public sealed class SqliteSpool : ISpool
{
    private readonly SpoolSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly SpoolAccess _access;
    private readonly SpoolWriter _writer;
    private readonly SpoolReader _reader;
    private readonly BodyFiles _files;
    private readonly Leases _leases = new();
    private readonly SpoolBell _bell;
    private readonly OfdLock? _lock;
    private readonly SpoolDue _due;
    private long _length;

    private SqliteSpool(SpoolSettings settings, SpoolAccess access, TimeProvider clock, ILogger logger, OfdLock? ownership, SpoolContent content)
    {
        (_settings, _access, _clock, _logger, _lock) = (settings, access, clock, logger, ownership);
        _files = content.Files;
        _length = content.Messages;
        _due = new SpoolDue(_leases, content.Staged, id => Log.Unreadable(logger, id));
        _reader = new SpoolReader(settings);
        var tables = new SpoolTables(content.Database, new QueueIds(clock, content.HighestId), clock);
        _writer = access == SpoolAccess.Owner
            ? new SpoolWriter(content.Database, tables, _reader, settings, new SpoolLog(content.Database, _reader, settings, logger), new LogRoom(content.Database, settings, logger), logger)
            : new SpoolWriter(content.Database, tables, _reader, settings, null, null, logger);
        _bell = new SpoolBell(settings.BodyDirectory);
        if (access == SpoolAccess.Admin)
            return;
        QueueMetrics.Length.Add(_length);
        if (_bell.Listen(() => _ = HearBellAsync()) is { } reason)
            Log.NotWatched(logger, reason);
    }

    public Action? Disturbed { get; set; }

    /// <summary>Messages in the spool.</summary>
    public long Length => Interlocked.Read(ref _length);

    internal SpoolWriter Writer => _writer;

    internal SpoolReader Reader => _reader;

    internal Leases Leases => _leases;

    /// <summary>Opens or makes the spool. Throws <see cref="IOException"/> or <see cref="InvalidDataException"/>, with a sentence for the operator,
    /// when another process owns it, the file is damaged, not a spool, or newer than this program; nothing is changed or deleted then.</summary>
    public static SqliteSpool Open(SpoolSettings settings, TimeProvider clock, ILogger logger, SpoolAccess access = SpoolAccess.Owner)
    {
        OfdLock? ownership = null;
        try
        {
            if (access == SpoolAccess.Owner)
                ownership = SpoolContent.Own(settings);
            var content = SpoolContent.Load(settings, access, clock, logger);
            return new SqliteSpool(settings, access, clock, logger, ownership, content);
        }
        catch
        {
            ownership?.Dispose();
            throw;
        }
    }

    public ValueTask<QueueId> SubmitAsync(Submission submission, CancellationToken ct) => SubmitAsync(submission, leased: false, ct);

    public ValueTask<QueueId> SubmitLeasedAsync(Submission submission, CancellationToken ct) => SubmitAsync(submission, leased: true, ct);

    public bool IsLeased(QueueId id, int recipient) => _leases.Stands(id, recipient);

    public ValueTask RelinquishAsync(QueueId id, IReadOnlyList<int> recipients, CancellationToken ct)
    {
        if (_leases.Relinquish(id, recipients))
            Disturbed?.Invoke();
        return ValueTask.CompletedTask;
    }

    public async ValueTask MarkStagedAsync(IReadOnlyList<StagedCopy> copies, CancellationToken ct) =>
        _ = await _writer.RunAsync(new SpoolWork<int>(tables => copies.Count(tables.MarkStaged)), ct);

    public async ValueTask<IReadOnlyList<QueueId>> CompleteAsync(
        IReadOnlyList<RecipientUpdate> updates, IReadOnlyList<Submission> reports, CancellationToken ct)
    {
        var bodies = PrepareAll(reports);
        var byMessage = updates.Count == 1
            ? [(updates[0].Id, updates)]
            : updates.GroupBy(update => update.Id).Select(group => (group.Key, (IReadOnlyList<RecipientUpdate>)[.. group])).ToList();
        var work = new SpoolWork<(List<QueueId> Reports, List<Forgotten> Forgotten)>(
            tables =>
            {
                var forgotten = new List<Forgotten>();
                foreach (var (id, changes) in byMessage)
                {
                    if (tables.Complete(id, changes) is { } gone)
                        forgotten.Add(gone);
                }

                return ([.. reports.Zip(bodies, tables.Insert)], forgotten);
            },
            done => Completed(updates, done.Reports.Count, done.Forgotten),
            inDoubt => Withdraw(bodies, inDoubt),
            (int)bodies.Sum(body => (long)body.Inline.Length));
        var (ids, _) = await _writer.RunAsync(work, ct);
        if (ids.Count > 0)
            Disturbed?.Invoke();
        return ids;
    }

    public async ValueTask<IReadOnlyList<QueueEntry>> LeaseDueAsync(DateTimeOffset now, int most, CancellationToken ct)
    {
        if (_access == SpoolAccess.Admin)
            throw new InvalidOperationException("Only the owner of the spool leases messages.");
        return await _reader.ReadAsync(
            database =>
            {
                lock (_leases.Gate)
                    return _due.Lease(database, SpoolColumns.ToColumn(now), most);
            },
            ct);
    }

    public async ValueTask<DateTimeOffset?> NextDueAsync(CancellationToken ct)
    {
        return await _reader.ReadAsync(
            database =>
            {
                lock (_leases.Gate)
                    return _due.Next(database);
            },
            ct);
    }

    public ValueTask<(ReadOnlyMemory<byte> Trace, MessageBody Body)?> OpenAsync(QueueId id, CancellationToken ct) =>
        _reader.ReadAsync(database => SpoolReader.Body(database, id, _files), ct);

    public async ValueTask<IReadOnlySet<string>> StagedPathsAsync(CancellationToken ct) => await _reader.ReadAsync(
        database =>
        {
            var paths = new HashSet<string>(StringComparer.Ordinal);
            var row = database.Prepare("SELECT staged FROM recipient WHERE staged IS NOT NULL AND next_attempt IS NOT NULL");
            while (row.Step())
                paths.Add(row.Text(0));
            row.Reset();
            return paths;
        },
        ct);

    public ValueTask<IReadOnlyList<QueueEntry>> ListAsync(QueueSelection selection, int most, CancellationToken ct) =>
        _reader.ReadAsync(database => SpoolQueries.List(database, selection, most), ct);

    public ValueTask<QueueEntry?> FindAsync(QueueId id, CancellationToken ct) =>
        _reader.ReadAsync(database => SpoolReader.Entry(database, id, _ => true), ct);

    /// <summary>Every message that the file still names, where a listing stops at the damage. Each may turn out to be readable or not.</summary>
    public Task<IReadOnlyList<QueueId>> SalvageAsync(CancellationToken ct) => SpoolSalvage.IdsAsync(_reader, ct);

    public async ValueTask<int> ChangeAsync(QueueSelection selection, QueueChange change, CancellationToken ct)
    {
        var changed = await _writer.RunAsync(new SpoolWork<int>(tables => tables.Change(selection, change, _clock.GetUtcNow())), ct);
        if (_access == SpoolAccess.Owner && change is not (QueueChange.Retry or QueueChange.Release))
            await ReviewLeasesAsync(ct);
        Announce();
        return changed;
    }

    public async ValueTask<bool> RemoveAsync(QueueId id, CancellationToken ct)
    {
        var gone = await _writer.RunAsync(new SpoolWork<Forgotten?>(tables => tables.Delete(id), Removed), ct);
        if (gone is null)
            return false;
        Log.Removed(_logger, id);
        Announce();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        _bell.Dispose();
        // Readers first: the last connection to close copies the log into the database, and that is the writer's.
        _reader.Dispose();
        await _writer.DisposeAsync();
        _lock?.Dispose();
        if (_access == SpoolAccess.Owner)
            QueueMetrics.Length.Add(-Interlocked.Exchange(ref _length, 0));
    }

    private async ValueTask<QueueId> SubmitAsync(Submission submission, bool leased, CancellationToken ct)
    {
        if (_access == SpoolAccess.Admin)
            throw new InvalidOperationException("Only the owner of the spool accepts messages.");
        ct.ThrowIfCancellationRequested();
        var body = Prepare(submission.Body);
        var recipients = submission.Envelope.Recipients.Count;
        QueueId lease = default;
        var work = new SpoolWork<QueueId>(
            tables =>
            {
                _leases.FreeAll(lease, leased ? recipients : 0);
                var id = tables.Insert(submission, body);
                // Before the commit: afterwards LeaseDueAsync could be faster.
                if (leased)
                    _leases.Take(lease = id, recipients);
                return id;
            },
            _ => Accepted(1),
            inDoubt =>
            {
                _leases.FreeAll(lease, leased ? recipients : 0);
                Withdraw([body], inDoubt);
            },
            body.Inline.Length);
        var queued = await _writer.RunAsync(work, ct);
        Log.Queued(_logger, queued, submission.Envelope.Sender.ToString(), recipients, body.Length, submission.Origin);
        if (!leased)
            Disturbed?.Invoke();
        return queued;
    }

    /// <summary>Makes a large body durable before its row; an exception that is not ours to see becomes an IOException.</summary>
    private PreparedBody Prepare(MessageBuffer buffer)
    {
        try
        {
            return _files.Prepare(buffer);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private List<PreparedBody> PrepareAll(IReadOnlyList<Submission> reports)
    {
        var bodies = new List<PreparedBody>(reports.Count);
        try
        {
            foreach (var report in reports)
                bodies.Add(Prepare(report.Body));
            return bodies;
        }
        catch
        {
            Withdraw(bodies, inDoubt: false);
            throw;
        }
    }

    /// <summary>Takes files back whose rows were not committed. When in doubt they stay: after a crash the row may be there and needs
    /// its file; if not, the next start sweeps.</summary>
    private void Withdraw(IReadOnlyList<PreparedBody> bodies, bool inDoubt)
    {
        if (inDoubt)
            return;
        foreach (var name in bodies.Select(body => body.FileName).OfType<string>())
            _files.Delete(name);
    }

    private void Accepted(int messages)
    {
        Interlocked.Add(ref _length, messages);
        QueueMetrics.Length.Add(messages);
        QueueMetrics.Accepted.Add(messages);
    }

    private void Completed(IReadOnlyList<RecipientUpdate> updates, int reports, List<Forgotten> forgotten)
    {
        var isNews = false;
        foreach (var update in updates)
            isNews |= _leases.Free(update.Id, update.Recipient);
        if (isNews)
            Disturbed?.Invoke();
        Accepted(reports);
        foreach (var gone in forgotten)
            Forget(gone);
    }

    private void Removed(Forgotten? gone)
    {
        if (gone is not { } forgotten)
            return;
        _leases.FreeMessage(forgotten.Id);
        Forget(forgotten);
    }

    private void Forget(Forgotten gone)
    {
        if (_access == SpoolAccess.Owner)
        {
            Interlocked.Decrement(ref _length);
            QueueMetrics.Length.Add(-1);
        }

        if (gone.FileName is { } file)
            _files.Delete(file);
    }

    /// <summary>Tells whoever schedules that rows have changed: in this process by the event, in the owner's by the bell.</summary>
    private void Announce()
    {
        if (_access == SpoolAccess.Admin)
            _bell.Ring();
        else
            Disturbed?.Invoke();
    }

    /// <summary>After a command: leases on messages that are gone end, those on recipients held, cancelled or rerouted are taken away.</summary>
    private async ValueTask ReviewLeasesAsync(CancellationToken ct)
    {
        var leased = _leases.Messages();
        var now = await _reader.ReadAsync(database => leased.Select(id => (Id: id, Entry: SpoolReader.Entry(database, id, IsTakenAway))).ToList(), ct);
        foreach (var (id, entry) in now)
        {
            if (entry is null)
                _leases.FreeMessage(id);
            else
                entry.Recipients.ToList().ForEach(recipient => _leases.Revoke(id, recipient.Number));
        }

        static bool IsTakenAway(QueuedRecipient recipient) =>
            recipient.NextAttempt == WaitsFor.Operator || recipient.Cancelled is not null || recipient.NextHop is not null;
    }

    /// <summary>Another process has changed something.</summary>
    private async Task HearBellAsync()
    {
        try
        {
            await ReviewLeasesAsync(CancellationToken.None);
            var length = await _reader.ReadAsync(database => SpoolSchema.Pragma(database, "SELECT count(*) FROM message"), CancellationToken.None);
            QueueMetrics.Length.Add(length - Interlocked.Exchange(ref _length, length));
            Disturbed?.Invoke();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Log.NotWatched(_logger, e.Message);
        }
    }
}
