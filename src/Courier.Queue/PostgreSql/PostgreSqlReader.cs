using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Npgsql;

namespace Courier.Queue.PostgreSql;

/// <summary>Reads messages with their recipients.</summary>
internal static class PostgreSqlReader
{
    /// <summary>Messages of one statement.</summary>
    private const int ReadAtOnce = 1000;

    private const string SelectMessages = "SELECT id, sender, envelope_id, flags, origin, length, arrival, release, deliver_by FROM message WHERE id = ANY($1)";

    private const string SelectRecipients = """
        SELECT message, number, address, original, notify, attempts, next_attempt, diagnostic, staged, next_hop, cancelled, warned
        FROM recipient WHERE message = ANY($1) ORDER BY message, number
        """;

    /// <summary>Those that are still there, in the order of the ids; of each the waiting recipients that are wanted.</summary>
    internal static async Task<List<QueueEntry>> EntriesAsync(NpgsqlConnection connection, IReadOnlyList<long> ids, Func<long, int, bool> wanted, CancellationToken ct)
    {
        var entries = new List<QueueEntry>(ids.Count);
        foreach (var some in ids.Chunk(ReadAtOnce))
            await ReadAsync(connection, some, wanted, entries, ct);
        return entries;
    }

    /// <summary>Selections as SQL, of <c>recipient</c>: $1 to $5 by <see cref="WithSelection"/>.</summary>
    internal const string Selected = """
        next_attempt IS NOT NULL AND message BETWEEN $1 AND $2 AND ($3::text IS NULL OR domain = $3) AND ($4::text IS NULL OR lower(address) = $4)
        AND ($5::text IS NULL OR message IN (SELECT id FROM message WHERE coalesce(lower(sender), '') = $5))
        """;

    internal static NpgsqlBatchCommand WithSelection(this NpgsqlBatchCommand command, QueueSelection selection) => command
        .With(selection.Id?.Value ?? 0)
        .With(selection.Id?.Value ?? long.MaxValue)
        .With(selection.Domain?.ToLowerInvariant())
        .With(selection.Recipient?.ToLowerInvariant())
        .With(selection.Sender?.ToLowerInvariant());

    internal static async Task<List<QueueEntry>> ListAsync(NpgsqlConnection connection, QueueSelection selection, int most, CancellationToken ct)
    {
        var isAll = selection == QueueSelection.All;
        await using var batch = connection.CreateBatch();
        if (isAll)
            batch.Add("SELECT id, 0 FROM message ORDER BY id LIMIT $1").With((long)most);
        else
            batch.Add($"SELECT message, number FROM recipient WHERE {Selected} ORDER BY message, number").WithSelection(selection);
        var chosen = new List<long>();
        var recipients = new HashSet<(long, int)>();
        await using (var reader = await batch.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                var id = reader.GetInt64(0);
                if (chosen.Count == 0 || chosen[^1] != id)
                {
                    if (chosen.Count == most)
                        break;
                    chosen.Add(id);
                }

                recipients.Add((id, reader.GetInt32(1)));
            }
        }

        return await EntriesAsync(connection, chosen, (id, number) => isAll || recipients.Contains((id, number)), ct);
    }

    private static async Task ReadAsync(NpgsqlConnection connection, long[] ids, Func<long, int, bool> wanted, List<QueueEntry> entries, CancellationToken ct)
    {
        await using var batch = connection.CreateBatch();
        batch.Add(SelectRecipients).With(ids);
        batch.Add(SelectMessages).With(ids);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        var recipients = new Dictionary<long, (List<EnvelopeRecipient> All, List<QueuedRecipient> Waiting)>();
        while (await reader.ReadAsync(ct))
        {
            var id = reader.GetInt64(0);
            if (!recipients.TryGetValue(id, out var lists))
                recipients[id] = lists = ([], []);
            AddRecipient(reader, lists, number => wanted(id, number));
        }

        await reader.NextResultAsync(ct);
        var found = new Dictionary<long, QueueEntry>();
        while (await reader.ReadAsync(ct))
        {
            var id = reader.GetInt64(0);
            if (recipients.TryGetValue(id, out var lists))
                found[id] = EntryOf(reader, id, lists.All, lists.Waiting);
        }

        entries.AddRange(ids.Select(id => found.GetValueOrDefault(id)).OfType<QueueEntry>());
    }

    private static void AddRecipient(NpgsqlDataReader row, (List<EnvelopeRecipient> All, List<QueuedRecipient> Waiting) lists, Func<int, bool> wanted)
    {
        var recipient = new EnvelopeRecipient(MailAddress.Parse(row.GetString(2)), row.TextOrNull(3), (NotifyOn)row.GetInt32(4));
        lists.All.Add(recipient);
        if (row.Int64OrNull(6) is not { } next || !wanted(row.GetInt32(1)))
            return;
        lists.Waiting.Add(new QueuedRecipient(row.GetInt32(1), recipient, row.GetInt32(5), SpoolColumns.FromColumn(next), row.TextOrNull(7), row.TextOrNull(8))
        {
            NextHop = row.TextOrNull(9),
            Cancelled = row.TextOrNull(10),
            IsWarned = row.GetInt32(11) != 0,
        });
    }

    private static QueueEntry EntryOf(NpgsqlDataReader row, long id, List<EnvelopeRecipient> all, List<QueuedRecipient> waiting)
    {
        var sender = row.TextOrNull(1) is { } address ? new ReversePath(MailAddress.Parse(address)) : ReversePath.Null;
        var flags = row.GetInt32(3);
        var envelope = SpoolColumns.WithFlags(new Envelope(sender, all) { EnvelopeId = row.TextOrNull(2) }, flags);
        envelope = SpoolColumns.WithTerms(envelope, flags, row.Int64OrNull(7), row.Int64OrNull(8));
        return new QueueEntry(new QueueId(id), envelope, SpoolColumns.FromColumn(row.GetInt64(6)), row.GetInt64(5), row.GetString(4), waiting);
    }
}
