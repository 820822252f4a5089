using Npgsql;

namespace Courier.Queue.PostgreSql;

/// <summary>What commands do to the queue.</summary>
internal static class PostgreSqlChanges
{
    private static readonly string _selectTakenAway = $"""
        SELECT message, number, next_attempt IS NOT NULL AND (next_attempt = {SpoolColumns.HeldByOperator} OR cancelled IS NOT NULL OR next_hop IS NOT NULL)
        FROM recipient WHERE node = $1
        """;

    /// <returns>How many recipients it changed.</returns>
    internal static async Task<int> ChangeAsync(NpgsqlConnection connection, QueueSelection selection, QueueChange change, long now)
    {
        var (set, which, text) = ChangeStatement.Of(change, "$6", "$7", "SELECT 1 FROM message WHERE message.id = recipient.message AND message.release > $6");
        await using var batch = connection.CreateBatch();
        batch.Add($"UPDATE recipient SET {set} WHERE {which} AND ($6::bigint IS NOT NULL OR $7::text IS NOT NULL) AND {PostgreSqlReader.Selected}")
            .WithSelection(selection)
            .With(now)
            .With(text);
        return await batch.ExecuteNonQueryAsync();
    }

    internal static async Task<bool> RemoveAsync(NpgsqlConnection connection, QueueId id)
    {
        await using var batch = connection.CreateBatch();
        PostgreSqlStatements.AddForget(batch, id);
        return await batch.ExecuteScalarAsync() is not null;
    }

    /// <summary>What a node has leased, by the rows; and of that what a command has taken away.</summary>
    internal static async Task<(HashSet<QueueId> Messages, List<(QueueId Id, int Recipient)> TakenAway)> LeasedAsync(NpgsqlConnection connection, long node, CancellationToken ct)
    {
        var messages = new HashSet<QueueId>();
        var takenAway = new List<(QueueId, int)>();
        await using var batch = connection.CreateBatch();
        batch.Add(_selectTakenAway).With(node);
        await using var reader = await batch.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var id = new QueueId(reader.GetInt64(0));
            messages.Add(id);
            if (reader.GetBoolean(2))
                takenAway.Add((id, reader.GetInt32(1)));
        }

        return (messages, takenAway);
    }
}
