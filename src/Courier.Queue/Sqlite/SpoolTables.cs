using Courier.IO.Sqlite;

namespace Courier.Queue.Sqlite;

/// <summary>What a completion left: a message that is forgotten now, and the file of its body.</summary>
internal readonly record struct Forgotten(QueueId Id, string? FileName);

/// <summary>The statements that change the spool. Called by the writer's thread within a transaction.</summary>
internal sealed class SpoolTables(SqliteDatabase database, QueueIds ids, TimeProvider clock)
{
    private const int ReturnFullFlag = 1;
    private const int Is8BitFlag = 2;
    private const int ReturnHeadersFlag = 4;

    internal QueueIds Ids { get; } = ids;

    /// <summary>Waits until a flush or a restart; no retry time ever lies so far ahead.</summary>
    internal const long Held = long.MaxValue;

    internal static long ToColumn(DateTimeOffset time) => time == DateTimeOffset.MaxValue ? Held : time.ToUnixTimeMilliseconds();

    internal static DateTimeOffset FromColumn(long value) => value == Held ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds(value);

    internal static Envelope WithFlags(Envelope envelope, int flags) =>
        envelope with
        {
            ReturnFull = (flags & ReturnFullFlag) != 0,
            Is8Bit = (flags & Is8BitFlag) != 0,
            ReturnHeaders = (flags & ReturnHeadersFlag) != 0,
        };

    private static int FlagsOf(Envelope envelope) =>
        (envelope.ReturnFull ? ReturnFullFlag : 0) | (envelope.Is8Bit ? Is8BitFlag : 0) | (envelope.ReturnHeaders ? ReturnHeadersFlag : 0);

    internal QueueId Insert(Submission submission, PreparedBody body)
    {
        var id = Ids.Next(StoreHighestId);
        var arrival = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var envelope = submission.Envelope;
        var row = database.Prepare("INSERT INTO message(id, arrival, sender, envelope_id, flags, origin, length, file, trace, body) VALUES(?,?,?,?,?,?,?,?,?,?)")
            .Bind(1, id.Value)
            .Bind(2, arrival)
            .Bind(3, envelope.Sender.Address?.ToString())
            .Bind(4, envelope.EnvelopeId)
            .Bind(5, FlagsOf(envelope))
            .Bind(6, submission.Origin)
            .Bind(7, body.Length)
            .Bind(8, body.FileName)
            .Bind(9, submission.Trace.Span);
        if (body.FileName is null)
            row.Bind(10, body.Inline.Span);
        row.Run();
        for (var number = 0; number < envelope.Recipients.Count; number++)
            InsertRecipient(id, number, envelope.Recipients[number], arrival);
        return id;
    }

    /// <returns>Whether the recipient is still waiting.</returns>
    internal bool MarkStaged(StagedCopy copy)
    {
        database.Prepare("UPDATE recipient SET staged=? WHERE message=? AND number=? AND next_attempt IS NOT NULL")
            .Bind(1, copy.Path).Bind(2, copy.Id.Value).Bind(3, copy.Recipient).Run();
        return database.Changes > 0;
    }

    /// <summary>Records what became of some recipients of one message; forgets it when none is left.</summary>
    internal Forgotten? Complete(QueueId id, IReadOnlyList<RecipientUpdate> updates)
    {
        var waiting = WaitingRecipients(id);
        if (waiting.Count == 0)
            return null;
        var left = waiting.Count;
        foreach (var update in updates)
        {
            // Removed from the set, so that a recipient named twice counts once.
            if (update.NextAttempt is null && waiting.Remove(update.Recipient))
                left--;
        }

        if (left == 0)
            return Delete(id);
        foreach (var update in updates)
            Update(update);
        return null;
    }

    internal int Flush(QueueId? id, string? domain, DateTimeOffset now)
    {
        // Without an id the range is all messages; the partial index is of no use to an update of most rows.
        database.Prepare("UPDATE recipient SET next_attempt=?1 WHERE next_attempt > ?1 AND message BETWEEN ?2 AND ?3 AND (?4 IS NULL OR domain=?4)")
            .Bind(1, now.ToUnixTimeMilliseconds())
            .Bind(2, id?.Value ?? 0)
            .Bind(3, id?.Value ?? long.MaxValue)
            .Bind(4, domain?.ToLowerInvariant())
            .Run();
        return database.Changes;
    }

    internal int ReleaseHeld(DateTimeOffset now)
    {
        database.Prepare("UPDATE recipient SET next_attempt=? WHERE next_attempt=?").Bind(1, now.ToUnixTimeMilliseconds()).Bind(2, Held).Run();
        return database.Changes;
    }

    internal Forgotten? Delete(QueueId id)
    {
        database.Prepare("DELETE FROM recipient WHERE message=?").Bind(1, id.Value).Run();
        var row = database.Prepare("DELETE FROM message WHERE id=? RETURNING file").Bind(1, id.Value);
        Forgotten? forgotten = row.Step() ? new Forgotten(id, row.TextOrNull(0)) : null;
        row.Reset();
        return forgotten;
    }

    /// <summary>Lets tests make the database full.</summary>
    internal void LimitPages(int pages) => database.Execute($"PRAGMA max_page_count={pages}");

    private void InsertRecipient(QueueId id, int number, EnvelopeRecipient recipient, long arrival) =>
        database.Prepare("INSERT INTO recipient(message, number, address, domain, original, notify, attempts, next_attempt) VALUES(?,?,?,?,?,?,0,?)")
            .Bind(1, id.Value)
            .Bind(2, number)
            .Bind(3, recipient.Address.ToString())
            .Bind(4, recipient.Address.Domain)
            .Bind(5, recipient.OriginalRecipient)
            .Bind(6, (int)recipient.Notify)
            .Bind(7, arrival)
            .Run();

    private HashSet<int> WaitingRecipients(QueueId id)
    {
        var waiting = new HashSet<int>();
        var row = database.Prepare("SELECT number FROM recipient WHERE message=? AND next_attempt IS NOT NULL").Bind(1, id.Value);
        while (row.Step())
            waiting.Add(row.Int32(0));
        row.Reset();
        return waiting;
    }

    private void Update(RecipientUpdate update)
    {
        var row = database.Prepare("UPDATE recipient SET next_attempt=?, diagnostic=?, attempts=attempts+?, warned=max(warned, ?) WHERE message=? AND number=? AND next_attempt IS NOT NULL")
            .Bind(2, update.Diagnostic).Bind(3, update.IsAttempt ? 1 : 0).Bind(4, update.IsWarned ? 1 : 0).Bind(5, update.Id.Value).Bind(6, update.Recipient);
        if (update.NextAttempt is { } next)
            row.Bind(1, ToColumn(next));
        row.Run();
    }

    private void StoreHighestId(long highest) =>
        database.Prepare("UPDATE meta SET value=? WHERE name='highest_id'").Bind(1, highest).Run();
}
