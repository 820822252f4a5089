using Npgsql;

namespace Courier.Queue.PostgreSql;

/// <summary>Looks for what is due and free, and leases it. What another node is just leasing is passed over (SKIP LOCKED).</summary>
internal static class PostgreSqlLeasing
{
    /// <summary>The priorities that free recipients have, highest first: one look into the index for each, however long the queue.</summary>
    private const string Levels = """
        WITH RECURSIVE level(priority) AS (
          (SELECT priority FROM recipient WHERE next_attempt IS NOT NULL AND node IS NULL ORDER BY priority DESC LIMIT 1)
          UNION ALL
          SELECT (SELECT r.priority FROM recipient r WHERE r.next_attempt IS NOT NULL AND r.node IS NULL AND r.priority < level.priority ORDER BY r.priority DESC LIMIT 1)
          FROM level WHERE level.priority IS NOT NULL)
        """;

    /// <summary>$1 now, $2 how many, $3 our name. What lies staged on another node's disk is for that node.</summary>
    private const string FindDue = Levels + """

        SELECT due.message FROM level CROSS JOIN LATERAL (
          SELECT message FROM recipient r
          WHERE r.priority = level.priority AND r.next_attempt <= $1 AND r.next_attempt IS NOT NULL AND r.node IS NULL AND (r.staged IS NULL OR r.staged_node = $3)
          ORDER BY r.next_attempt, r.message, r.number LIMIT $2 FOR UPDATE SKIP LOCKED) due
        LIMIT $2
        """;

    private const string Take = """
        UPDATE recipient SET node = $1
        FROM (SELECT message, number FROM recipient
          WHERE message = ANY($2) AND next_attempt IS NOT NULL AND (next_attempt <= $3 OR staged IS NOT NULL) AND node IS NULL AND (staged IS NULL OR staged_node = $4)
          ORDER BY message, number FOR UPDATE SKIP LOCKED) free
        WHERE recipient.message = free.message AND recipient.number = free.number
        RETURNING recipient.message, recipient.number
        """;

    private static readonly string _nextDue = Levels + $"""

        SELECT min(due.next_attempt) FROM level CROSS JOIN LATERAL (
          SELECT next_attempt FROM recipient r
          WHERE r.priority = level.priority AND r.next_attempt < {SpoolColumns.HeldByOperator} AND r.next_attempt IS NOT NULL AND r.node IS NULL AND (r.staged IS NULL OR r.staged_node = $1)
          ORDER BY r.next_attempt LIMIT 1) due
        """;

    /// <param name="connection">Within a transaction.</param>
    /// <param name="node">Who leases.</param>
    /// <param name="first">Messages to lease before all others: their staged copies, and what is due.</param>
    /// <param name="now">What is due by then.</param>
    /// <param name="most">Messages at most.</param>
    /// <param name="ct">Ends it.</param>
    internal static async Task<List<QueueEntry>> LeaseAsync(NpgsqlConnection connection, NodeIdentity node, IReadOnlyList<long> first, long now, int most, CancellationToken ct)
    {
        await StandByAsync(connection, node, ct);
        var wanted = new List<long>(first);
        if (wanted.Count < most)
            await FindDueAsync(connection, node, now, most - wanted.Count, wanted, ct);
        if (wanted.Count == 0)
            return [];
        var taken = new HashSet<(long, int)>();
        await using (var batch = connection.CreateBatch())
        {
            batch.Add(Take).With(node.Id).With([.. wanted]).With(now).With(node.Name);
            await using var reader = await batch.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct))
                taken.Add((reader.GetInt64(0), reader.GetInt32(1)));
        }

        var entries = await PostgreSqlReader.EntriesAsync(connection, [.. wanted.Distinct()], (id, number) => taken.Contains((id, number)), ct);
        entries.RemoveAll(entry => entry.Recipients.Count == 0);
        return entries;
    }

    internal static async Task<long?> NextDueAsync(NpgsqlConnection connection, string name, CancellationToken ct)
    {
        await using var batch = connection.CreateBatch();
        batch.Add(_nextDue).With(name);
        return await batch.ExecuteScalarAsync(ct) as long?;
    }

    private static async Task StandByAsync(NpgsqlConnection connection, NodeIdentity node, CancellationToken ct)
    {
        await using var batch = connection.CreateBatch();
        PostgreSqlStatements.AddStandBy(batch, node.Id);
        if (await batch.ExecuteScalarAsync(ct) is null)
            throw new IOException("The lease of this node has ended; it begins anew");
    }

    private static async Task FindDueAsync(NpgsqlConnection connection, NodeIdentity node, long now, int most, List<long> wanted, CancellationToken ct)
    {
        await using var batch = connection.CreateBatch();
        batch.Add(FindDue).With(now).With((long)most).With(node.Name);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            wanted.Add(reader.GetInt64(0));
    }
}
