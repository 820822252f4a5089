using Courier.IO.Sqlite;

namespace Courier.Queue.Sqlite;

/// <summary>Looks for what is due, and leases it: by priority, and within one by time. Called while nobody else takes or frees a lease.</summary>
internal sealed class SpoolDue(Leases leases, IEnumerable<QueueId> stagedAtStart, Action<QueueId> unreadable)
{
    /// <summary>Above every priority there is.</summary>
    private const int Top = 100;

    private const string NextLevel = "SELECT priority FROM recipient WHERE next_attempt IS NOT NULL AND priority < ?1 ORDER BY priority DESC LIMIT 1";
    private const string DueMessages = "SELECT message, number FROM recipient WHERE priority=?1 AND next_attempt <= ?2 ORDER BY next_attempt, message, number";

    private static readonly string _byTime =
        $"SELECT message, number, next_attempt FROM recipient WHERE priority=?1 AND next_attempt < {SpoolColumns.HeldByOperator} ORDER BY next_attempt, message, number";

    private readonly Queue<QueueId> _stagedAtStart = new(stagedAtStart);
    private readonly HashSet<QueueId> _unreadable = [];

    /// <summary>The priorities that waiting recipients have, highest first: one look into the index for each, however long the queue.</summary>
    internal static List<int> Levels(SqliteDatabase database)
    {
        var levels = new List<int>();
        while (true)
        {
            var row = database.Prepare(NextLevel).Bind(1, levels.Count == 0 ? Top : levels[^1]);
            var isThere = row.Step();
            if (isThere)
                levels.Add(row.Int32(0));
            row.Reset();
            if (!isThere)
                return levels;
        }
    }

    internal List<QueueEntry> Lease(SqliteDatabase database, long now, int most)
    {
        var entries = new List<QueueEntry>();
        // With a staged copy goes what is due of its message; the rest keeps its time.
        while (entries.Count < most && _stagedAtStart.TryDequeue(out var staged))
            Lease(database, staged, recipient => recipient.StagedPath is not null || IsDue(recipient, now), entries);
        foreach (var level in Levels(database))
        {
            if (entries.Count >= most)
                break;
            foreach (var id in Candidates(database, level, now, most - entries.Count))
                Lease(database, id, recipient => IsDue(recipient, now), entries);
        }

        return entries;
    }

    internal DateTimeOffset? Next(SqliteDatabase database)
    {
        long? next = null;
        foreach (var level in Levels(database))
        {
            if (Next(database, level) is { } time && (next is null || time < next))
                next = time;
        }

        return next is { } earliest ? SpoolColumns.FromColumn(earliest) : null;
    }

    private static bool IsDue(QueuedRecipient recipient, long now) => SpoolColumns.ToColumn(recipient.NextAttempt) <= now;

    // Leased recipients stay in the index until they are completed; they are few and passed over.
    private List<QueueId> Candidates(SqliteDatabase database, int level, long now, int most)
    {
        var row = database.Prepare(DueMessages).Bind(1, level).Bind(2, now);
        var candidates = new List<QueueId>();
        while (candidates.Count < most && row.Step())
        {
            var id = new QueueId(row.Int64(0));
            if (!leases.Holds(id, row.Int32(1)) && !_unreadable.Contains(id) && (candidates.Count == 0 || candidates[^1] != id))
                candidates.Add(id);
        }

        row.Reset();
        return candidates;
    }

    private long? Next(SqliteDatabase database, int level)
    {
        var row = database.Prepare(_byTime).Bind(1, level);
        long? next = null;
        while (next is null && row.Step())
        {
            if (!leases.Holds(new QueueId(row.Int64(0)), row.Int32(1)) && !_unreadable.Contains(new QueueId(row.Int64(0))))
                next = row.Int64(2);
        }

        row.Reset();
        return next;
    }

    private void Lease(SqliteDatabase database, QueueId id, Func<QueuedRecipient, bool> wanted, List<QueueEntry> entries)
    {
        // A message may come twice, by different due times of its recipients: the second time nothing is left to lease.
        try
        {
            if (SpoolReader.Entry(database, id, wanted) is not { } entry)
                return;
            var taken = entry.Recipients.Where(recipient => leases.TryTake(id, recipient.Number)).ToList();
            if (taken.Count > 0)
                entries.Add(entry with { Recipients = taken });
        }
        catch (Exception e) when (e is SqliteException { IsDamage: true } or FormatException)
        {
            // One damaged page must not keep all other mail: this message stays where it is, and is named once.
            _unreadable.Add(id);
            unreadable(id);
            // The statements that failed still stand where they failed, and a transaction cannot end before they do.
            database.Reset();
        }
    }
}
