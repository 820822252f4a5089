using System.Collections.Concurrent;
using Courier.IO.Files;
using Courier.IO.Sqlite;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;

namespace Courier.Queue.Sqlite;

/// <summary>Reads the spool on connections of its own, beside the writer (WAL). Each read is one short transaction that has ended when
/// the answer is given: none ever spans a delivery, so the log can always be folded in.</summary>
internal sealed class SpoolReader : IDisposable
{
    private readonly SpoolSettings _settings;
    private readonly ConcurrentBag<SqliteDatabase> _idle = [];
    private readonly SemaphoreSlim _places;
    private volatile bool _isSuspended;

    internal SpoolReader(SpoolSettings settings)
    {
        _settings = settings;
        _places = new SemaphoreSlim(settings.ReadConnections);
    }

    /// <summary>What the reads cost so far, for tests; while none runs.</summary>
    internal long Steps => _idle.Sum(static database => database.Steps);

    /// <summary>What its connections keep, likewise.</summary>
    internal int CachedBytes => _idle.Sum(static database => database.CachedBytes);

    /// <summary>Waits for the reads that are under way and closes their connections. Until <see cref="Resume"/> whoever wants to read gets an <see cref="IOException"/>.</summary>
    internal void Suspend()
    {
        _isSuspended = true;
        for (var place = 0; place < _settings.ReadConnections; place++)
            _places.Wait();
        while (_idle.TryTake(out var database))
            database.Dispose();
        _places.Release(_settings.ReadConnections);
    }

    internal void Resume() => _isSuspended = false;

    /// <summary>Connections that nobody reads on let go of the pages they kept.</summary>
    internal void ReleaseMemory()
    {
        var resting = new List<SqliteDatabase>();
        while (_idle.TryTake(out var database))
        {
            database.ReleaseMemory();
            resting.Add(database);
        }

        foreach (var database in resting)
            _idle.Add(database);
    }

    internal async ValueTask<T> ReadAsync<T>(Func<SqliteDatabase, T> read, CancellationToken ct)
    {
        await _places.WaitAsync(ct);
        SqliteDatabase? database = null;
        try
        {
            if (_isSuspended)
                throw new IOException("The spool cannot be read: its disk has lost writes.");
            database = _idle.TryTake(out var idle) ? idle : Open();
            database.Prepare("BEGIN").Run();
            var result = read(database);
            if (!TryEnd(database))
                return result;
            _idle.Add(database);
            database = null;
            return result;
        }
        finally
        {
            // After an error the connection may still hold its view of the database: it is closed, not kept.
            database?.Dispose();
            _places.Release();
        }
    }

    /// <summary>Nothing was changed: what was read stands, whatever becomes of the transaction. After damage a connection cannot end it, and is closed.</summary>
    private static bool TryEnd(SqliteDatabase database)
    {
        try
        {
            database.Prepare("COMMIT").Run();
            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    internal static QueueEntry? Entry(SqliteDatabase database, QueueId id, Func<QueuedRecipient, bool> wanted)
    {
        var (all, waiting) = Recipients(database, id);
        var row = database.Prepare("SELECT sender, envelope_id, flags, origin, length, arrival FROM message WHERE id=?").Bind(1, id.Value);
        QueueEntry? entry = null;
        if (row.Step())
        {
            var sender = row.TextOrNull(0) is { } address ? new ReversePath(MailAddress.Parse(address)) : ReversePath.Null;
            var envelope = SpoolColumns.WithFlags(new Envelope(sender, all) { EnvelopeId = row.TextOrNull(1) }, row.Int32(2));
            if ((row.Int32(2) & SpoolColumns.HasTermsFlag) != 0)
                envelope = WithTerms(database, id, envelope, row.Int32(2));
            entry = new QueueEntry(id, envelope, SpoolColumns.FromColumn(row.Int64(5)), row.Int64(4), row.Text(3), [.. waiting.Where(wanted)]);
        }

        row.Reset();
        return entry;
    }

    private static Envelope WithTerms(SqliteDatabase database, QueueId id, Envelope envelope, int flags)
    {
        var row = database.Prepare("SELECT release, deliver_by FROM terms WHERE message=?").Bind(1, id.Value);
        if (row.Step())
            envelope = SpoolColumns.WithTerms(envelope, flags, row.IsNull(0) ? null : row.Int64(0), row.IsNull(1) ? null : row.Int64(1));
        row.Reset();
        return envelope;
    }

    internal static (ReadOnlyMemory<byte> Trace, MessageBody Body)? Body(SqliteDatabase database, QueueId id, BodyFiles files)
    {
        var row = database.Prepare("SELECT trace, file, length, body FROM message WHERE id=?").Bind(1, id.Value);
        (ReadOnlyMemory<byte>, MessageBody)? found = null;
        if (row.Step())
        {
            var body = row.TextOrNull(1) is { } file
                ? MessageBody.OfFile(files.PathOf(file), row.Int64(2))
                : MessageBody.OfBytes(row.Blob(3).ToArray());
            found = (row.Blob(0).ToArray(), body);
        }

        row.Reset();
        return found;
    }

    internal static List<(QueueId Id, int Recipient)> Pairs(SqliteDatabase database, string sql, long? bound = null)
    {
        var pairs = new List<(QueueId, int)>();
        var row = database.Prepare(sql);
        if (bound is { } value)
            row.Bind(1, value);
        while (row.Step())
            pairs.Add((new QueueId(row.Int64(0)), row.Int32(1)));
        row.Reset();
        return pairs;
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var database))
            database.Dispose();
        _places.Dispose();
    }

    private static (List<EnvelopeRecipient> All, List<QueuedRecipient> Waiting) Recipients(SqliteDatabase database, QueueId id)
    {
        var all = new List<EnvelopeRecipient>();
        var waiting = new List<QueuedRecipient>();
        var row = database.Prepare("SELECT number, address, original, notify, attempts, next_attempt, diagnostic, staged, next_hop, cancelled, warned FROM recipient WHERE message=? ORDER BY number")
            .Bind(1, id.Value);
        while (row.Step())
        {
            var recipient = new EnvelopeRecipient(MailAddress.Parse(row.Text(1)), row.TextOrNull(2), (NotifyOn)row.Int32(3));
            all.Add(recipient);
            if (!row.IsNull(5))
            {
                waiting.Add(new QueuedRecipient(row.Int32(0), recipient, row.Int32(4), SpoolColumns.FromColumn(row.Int64(5)), row.TextOrNull(6), row.TextOrNull(7))
                {
                    NextHop = row.TextOrNull(8),
                    Cancelled = row.TextOrNull(9),
                    IsWarned = row.Int32(10) != 0,
                });
            }
        }

        row.Reset();
        return (all, waiting);
    }

    private SqliteDatabase Open()
    {
        var database = new SqliteDatabase(_settings.DatabasePath);
        SpoolSchema.Configure(database, _settings);
        database.Execute("PRAGMA query_only=1");
        return database;
    }
}
