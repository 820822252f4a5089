using Courier.IO.Sqlite;

namespace Courier.Queue.Sqlite;

/// <summary>Finds the messages of a damaged spool. What one table cannot say any more another may: every table that names messages is read from both ends, each
/// time up to the first page that is damaged.</summary>
internal static class SpoolSalvage
{
    private static readonly string[] _sources =
    [
        "SELECT id FROM message ORDER BY id",
        "SELECT id FROM message ORDER BY id DESC",
        "SELECT message FROM recipient ORDER BY message, number",
        "SELECT message FROM recipient ORDER BY message DESC, number DESC",
        "SELECT message FROM recipient INDEXED BY recipient_due WHERE next_attempt IS NOT NULL ORDER BY priority, next_attempt",
        "SELECT message FROM recipient INDEXED BY recipient_due WHERE next_attempt IS NOT NULL ORDER BY priority DESC, next_attempt DESC",
    ];

    internal static async Task<IReadOnlyList<QueueId>> IdsAsync(SpoolReader reader, CancellationToken ct)
    {
        var ids = new SortedSet<long>();
        foreach (var source in _sources)
        {
            try
            {
                await reader.ReadAsync(database => Collect(database, source, ids), ct);
            }
            catch (SqliteException)
            {
                // Up to here; the other sources know more.
            }
        }

        return [.. ids.Select(id => new QueueId(id))];
    }

    private static int Collect(SqliteDatabase database, string source, SortedSet<long> ids)
    {
        var row = database.Prepare(source);
        while (row.Step())
            ids.Add(row.Int64(0));
        row.Reset();
        return ids.Count;
    }
}
