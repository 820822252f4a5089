using Courier.IO.Sqlite;

namespace Courier.Queue.Sqlite;

/// <summary>What a completion left: a message that is forgotten now, and the file of its body.</summary>
internal readonly record struct Forgotten(QueueId Id, string? FileName);

/// <summary>The statements that change the spool. Called by the writer's thread within a transaction.</summary>
internal sealed class SpoolTables(SqliteDatabase database, QueueIds ids, TimeProvider clock)
{
    /// <summary>What an operator did during the attempt stands: held stays held, and what was cancelled is due for its end.</summary>
    private static readonly string UpdateRecipient = $"""
        UPDATE recipient SET
          next_attempt=CASE WHEN ?1 IS NOT NULL AND (next_attempt={SpoolColumns.HeldByOperator} OR cancelled IS NOT NULL) THEN next_attempt ELSE ?1 END,
          diagnostic=?2, attempts=attempts+?3, warned=max(warned, ?6), next_hop=coalesce(?7, next_hop)
        WHERE message=?4 AND number=?5 AND next_attempt IS NOT NULL
        """;

    internal QueueIds Ids { get; } = ids;

    /// <summary>A change that is another each time.</summary>
    internal void CountFailedCommit() =>
        database.Prepare("INSERT INTO meta(name, value) VALUES('failed_commits', 1) ON CONFLICT(name) DO UPDATE SET value=value+1").Run();

    internal QueueId Insert(Submission submission, PreparedBody body)
    {
        var id = Ids.Next(StoreHighestId);
        var arrival = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var due = SpoolColumns.DueOf(submission, arrival);
        var envelope = submission.Envelope;
        var row = database.Prepare("INSERT INTO message(id, arrival, sender, envelope_id, flags, origin, length, file, trace, body) VALUES(?,?,?,?,?,?,?,?,?,?)")
            .Bind(1, id.Value)
            .Bind(2, arrival)
            .Bind(3, envelope.Sender.Address?.ToString())
            .Bind(4, envelope.EnvelopeId)
            .Bind(5, SpoolColumns.FlagsOf(envelope))
            .Bind(6, submission.Origin)
            .Bind(7, body.Length)
            .Bind(8, body.FileName)
            .Bind(9, submission.Trace.Span);
        if (body.FileName is null)
            row.Bind(10, body.Inline.Span);
        row.Run();
        if (SpoolColumns.HasTerms(envelope))
            InsertTerms(id, envelope);
        for (var number = 0; number < envelope.Recipients.Count; number++)
            InsertRecipient(id, number, envelope.Recipients[number], due, envelope.Priority);
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

    internal int Change(QueueSelection selection, QueueChange change, DateTimeOffset now)
    {
        var (set, which, text) = ChangeStatement.Of(change, "?6", "?7", "SELECT 1 FROM terms WHERE terms.message=recipient.message AND terms.release > ?6");
        SpoolQueries.Bind(database.Prepare($"UPDATE recipient SET {set} WHERE {which} AND (?6 IS NOT NULL OR ?7 IS NOT NULL) AND {SpoolQueries.Selected}"), selection)
            .Bind(6, now.ToUnixTimeMilliseconds())
            .Bind(7, text)
            .Run();
        return database.Changes;
    }

    internal void ReleaseHeld(DateTimeOffset now)
    {
        foreach (var level in SpoolDue.Levels(database))
            database.Prepare("UPDATE recipient SET next_attempt=? WHERE priority=? AND next_attempt=?").Bind(1, now.ToUnixTimeMilliseconds()).Bind(2, level).Bind(3, SpoolColumns.Held).Run();
    }

    internal Forgotten? Delete(QueueId id)
    {
        database.Prepare("DELETE FROM recipient WHERE message=?").Bind(1, id.Value).Run();
        var row = database.Prepare("DELETE FROM message WHERE id=? RETURNING file, flags").Bind(1, id.Value);
        var isThere = row.Step();
        Forgotten? forgotten = isThere ? new Forgotten(id, row.TextOrNull(0)) : null;
        var hasTerms = isThere && (row.Int32(1) & SpoolColumns.HasTermsFlag) != 0;
        row.Reset();
        if (hasTerms)
            database.Prepare("DELETE FROM terms WHERE message=?").Bind(1, id.Value).Run();
        return forgotten;
    }

    /// <summary>Lets tests make the database full.</summary>
    internal void LimitPages(int pages) => database.Execute($"PRAGMA max_page_count={pages}");

    private void InsertTerms(QueueId id, Envelope envelope)
    {
        var row = database.Prepare("INSERT INTO terms(message, release, deliver_by) VALUES(?,?,?)").Bind(1, id.Value);
        if (envelope.HoldUntil is { } until)
            row.Bind(2, until.ToUnixTimeMilliseconds());
        if (envelope.DeliverBy is { } by)
            row.Bind(3, by.Time.ToUnixTimeMilliseconds());
        row.Run();
    }

    private void InsertRecipient(QueueId id, int number, EnvelopeRecipient recipient, long due, int priority) =>
        database.Prepare("INSERT INTO recipient(message, number, address, domain, original, notify, attempts, next_attempt, priority) VALUES(?,?,?,?,?,?,0,?,?)")
            .Bind(1, id.Value)
            .Bind(2, number)
            .Bind(3, recipient.Address.ToString())
            .Bind(4, recipient.Address.Domain)
            .Bind(5, recipient.OriginalRecipient)
            .Bind(6, (int)recipient.Notify)
            .Bind(7, due)
            .Bind(8, priority)
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
        var row = database.Prepare(UpdateRecipient)
            .Bind(2, update.Diagnostic).Bind(3, update.IsAttempt ? 1 : 0).Bind(4, update.Id.Value).Bind(5, update.Recipient)
            .Bind(6, update.IsWarned ? 1 : 0).Bind(7, update.NextHop);
        if (update.NextAttempt is { } next)
            row.Bind(1, SpoolColumns.ToColumn(next));
        row.Run();
    }

    private void StoreHighestId(long highest) =>
        database.Prepare("UPDATE meta SET value=? WHERE name='highest_id'").Bind(1, highest).Run();
}
