using Npgsql;

namespace Courier.Queue.PostgreSql;

/// <summary>The statements that change the queue, each within a transaction of its caller.</summary>
internal static class PostgreSqlStatements
{
    /// <summary>Keeps the node's row until the end of the transaction: whoever wants to declare this node dead waits, and a node that is dead leases nothing.</summary>
    private const string StandBy = "SELECT id FROM node WHERE id = $1 FOR KEY SHARE";

    private const string InsertMessage = """
        INSERT INTO message(id, arrival, sender, envelope_id, flags, origin, length, release, deliver_by, trace, body)
        VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """;

    private const string InsertRecipients = """
        INSERT INTO recipient(message, number, address, domain, original, notify, attempts, next_attempt, priority, node)
        SELECT $1, u.number - 1, u.address, u.domain, u.original, u.notify, 0, $2, $3, (SELECT id FROM node WHERE id = $4)
        FROM unnest($5::text[], $6::text[], $7::text[], $8::integer[]) WITH ORDINALITY AS u(address, domain, original, notify, number)
        """;

    /// <summary>Only where what it reports has not been recorded before: a commit whose answer was lost is tried again.</summary>
    private const string InsertReport = """
        INSERT INTO message(id, arrival, sender, envelope_id, flags, origin, length, release, deliver_by, trace, body)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
        WHERE EXISTS(SELECT 1 FROM unnest($12::bigint[], $13::integer[], $14::bigint[], $15::integer[]) AS u(message, number, next, warned)
          JOIN recipient r ON r.message = u.message AND r.number = u.number
          WHERE r.next_attempt IS NOT NULL AND (r.node IS NULL OR r.node = $16) AND (u.next IS NULL OR u.warned > r.warned))
        RETURNING id
        """;

    private const string InsertReportRecipients = InsertRecipients + " WHERE EXISTS(SELECT 1 FROM message WHERE id = $1)";

    /// <summary>In one order for everybody. Two nodes that end the last two recipients of a message come one after the other, and the second sees that none is left.</summary>
    private const string LockMessages = "SELECT id FROM message WHERE id = ANY($1) ORDER BY id FOR UPDATE";

    /// <summary>What an operator did during the attempt stands: held stays held, and what was cancelled is due for its end. That a recipient is done
    /// is true whoever has leased it by now; when it is tried again is decided by him.</summary>
    private static readonly string UpdateRecipients = $"""
        UPDATE recipient r SET
          next_attempt = CASE WHEN u.next IS NOT NULL AND (r.next_attempt = {SpoolColumns.HeldByOperator} OR r.cancelled IS NOT NULL) THEN r.next_attempt ELSE u.next END,
          diagnostic = u.diagnostic, attempts = r.attempts + u.tried, warned = greatest(r.warned, u.warned), next_hop = coalesce(u.next_hop, r.next_hop), node = NULL
        FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::text[], $5::integer[], $6::integer[], $7::text[]) AS u(message, number, next, diagnostic, tried, warned, next_hop)
        WHERE r.message = u.message AND r.number = u.number AND r.next_attempt IS NOT NULL AND (u.next IS NULL OR r.node IS NULL OR r.node = $8)
        """;

    private const string ForgetFinished = """
        WITH gone AS (
          DELETE FROM message m WHERE m.id = ANY($1) AND NOT EXISTS(SELECT 1 FROM recipient r WHERE r.message = m.id AND r.next_attempt IS NOT NULL) RETURNING id),
        recipients AS (DELETE FROM recipient r USING gone WHERE r.message = gone.id),
        bodies AS (DELETE FROM body b USING gone WHERE b.message = gone.id)
        SELECT id FROM gone
        """;

    private const string Forget = """
        WITH gone AS (DELETE FROM message WHERE id = $1 RETURNING id),
        recipients AS (DELETE FROM recipient r USING gone WHERE r.message = gone.id),
        bodies AS (DELETE FROM body b USING gone WHERE b.message = gone.id)
        SELECT id FROM gone
        """;

    /// <summary>Answers how many of the copies belong to recipients that wait and are not leased to us any more.</summary>
    private const string MarkStaged = """
        WITH u AS (SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[]) AS u(message, number, path)),
        marked AS (UPDATE recipient r SET staged = u.path, staged_node = $4 FROM u
          WHERE r.message = u.message AND r.number = u.number AND r.next_attempt IS NOT NULL AND r.node = $5 RETURNING 1)
        SELECT (SELECT count(*) FROM u JOIN recipient r ON r.message = u.message AND r.number = u.number WHERE r.next_attempt IS NOT NULL AND r.node IS DISTINCT FROM $5),
          (SELECT count(*) FROM marked)
        """;

    internal static void AddStandBy(NpgsqlBatch batch, long node) => batch.Add(StandBy).With(node);

    internal static void AddInsert(NpgsqlBatch batch, QueueId id, Submission submission, long arrival, bool isInline, long? node)
    {
        WithMessage(batch.Add(InsertMessage), id, submission, arrival, isInline);
        WithRecipients(batch.Add(InsertRecipients), id, submission, arrival, node);
    }

    internal static void AddReport(NpgsqlBatch batch, QueueId id, Submission report, long arrival, bool isInline, IReadOnlyList<RecipientUpdate> updates, long node)
    {
        WithMessage(batch.Add(InsertReport), id, report, arrival, isInline)
            .With([.. updates.Select(update => update.Id.Value)])
            .With([.. updates.Select(update => update.Recipient)])
            .With(NextOf(updates))
            .With([.. updates.Select(update => update.IsWarned ? 1 : 0)])
            .With(node);
        WithRecipients(batch.Add(InsertReportRecipients), id, report, arrival, node: null);
    }

    internal static void AddLock(NpgsqlBatch batch, long[] messages) => batch.Add(LockMessages).With(messages);

    internal static void AddUpdate(NpgsqlBatch batch, IReadOnlyList<RecipientUpdate> updates, long node) => batch.Add(UpdateRecipients)
        .With([.. updates.Select(update => update.Id.Value)])
        .With([.. updates.Select(update => update.Recipient)])
        .With(NextOf(updates))
        .With((string?[])[.. updates.Select(update => update.Diagnostic)])
        .With([.. updates.Select(update => update.IsAttempt ? 1 : 0)])
        .With([.. updates.Select(update => update.IsWarned ? 1 : 0)])
        .With((string?[])[.. updates.Select(update => update.NextHop)])
        .With(node);

    internal static void AddForgetFinished(NpgsqlBatch batch, long[] messages) => batch.Add(ForgetFinished).With(messages);

    internal static void AddForget(NpgsqlBatch batch, QueueId id) => batch.Add(Forget).With(id.Value);

    internal static void AddMarkStaged(NpgsqlBatch batch, IReadOnlyList<StagedCopy> copies, string name, long node) => batch.Add(MarkStaged)
        .With([.. copies.Select(copy => copy.Id.Value)])
        .With([.. copies.Select(copy => copy.Recipient)])
        .With((string?[])[.. copies.Select(copy => copy.Path)])
        .With(name)
        .With(node);

    private static long?[] NextOf(IReadOnlyList<RecipientUpdate> updates) =>
        [.. updates.Select(update => update.NextAttempt is { } next ? SpoolColumns.ToColumn(next) : (long?)null)];

    private static NpgsqlBatchCommand WithMessage(NpgsqlBatchCommand command, QueueId id, Submission submission, long arrival, bool isInline)
    {
        var envelope = submission.Envelope;
        command.With(id.Value)
            .With(arrival)
            .With(envelope.Sender.Address?.ToString())
            .With(envelope.EnvelopeId)
            .With(SpoolColumns.FlagsOf(envelope))
            .With(submission.Origin)
            .With(submission.Body.Length)
            .With(envelope.HoldUntil?.ToUnixTimeMilliseconds())
            .With(envelope.DeliverBy?.Time.ToUnixTimeMilliseconds())
            .With(submission.Trace);
        return isInline ? command.With(submission.Body.Memory) : command.WithNoBytes();
    }

    private static void WithRecipients(NpgsqlBatchCommand command, QueueId id, Submission submission, long arrival, long? node)
    {
        var recipients = submission.Envelope.Recipients;
        command.With(id.Value)
            .With(SpoolColumns.DueOf(submission, arrival))
            .With(submission.Envelope.Priority)
            .With(node)
            .With((string?[])[.. recipients.Select(recipient => recipient.Address.ToString())])
            .With((string?[])[.. recipients.Select(recipient => recipient.Address.Domain)])
            .With((string?[])[.. recipients.Select(recipient => recipient.OriginalRecipient)])
            .With([.. recipients.Select(recipient => (int)recipient.Notify)]);
    }
}
