using Courier.IO.Sqlite;

namespace Courier.Queue.Sqlite;

/// <summary>Selections as SQL. They are for people's commands: a listing by sender looks at every message.</summary>
internal static class SpoolQueries
{
    /// <summary>Of <c>recipient</c>; ?1 to ?5 by <see cref="Bind"/>.</summary>
    internal const string Selected = """
        next_attempt IS NOT NULL AND message BETWEEN ?1 AND ?2 AND (?3 IS NULL OR domain=?3) AND (?4 IS NULL OR lower(address)=?4)
        AND (?5 IS NULL OR message IN (SELECT id FROM message WHERE coalesce(lower(sender), '')=?5))
        """;

    internal static SqliteStatement Bind(SqliteStatement statement, QueueSelection selection) => statement
        .Bind(1, selection.Id?.Value ?? 0)
        .Bind(2, selection.Id?.Value ?? long.MaxValue)
        .Bind(3, selection.Domain?.ToLowerInvariant())
        .Bind(4, selection.Recipient?.ToLowerInvariant())
        .Bind(5, selection.Sender?.ToLowerInvariant());

    internal static IReadOnlyList<QueueEntry> List(SqliteDatabase database, QueueSelection selection, int most)
    {
        if (selection == QueueSelection.All)
        {
            var ids = SpoolReader.Pairs(database, "SELECT id, 0 FROM message ORDER BY id LIMIT ?", most);
            return [.. ids.Select(pair => SpoolReader.Entry(database, pair.Id, _ => true)).OfType<QueueEntry>()];
        }

        var row = Bind(database.Prepare($"SELECT message, number FROM recipient WHERE {Selected} ORDER BY message, number"), selection);
        var chosen = new List<(QueueId Id, HashSet<int> Recipients)>();
        while (row.Step())
        {
            var id = new QueueId(row.Int64(0));
            if (chosen.Count == 0 || chosen[^1].Id != id)
            {
                if (chosen.Count == most)
                    break;
                chosen.Add((id, []));
            }

            chosen[^1].Recipients.Add(row.Int32(1));
        }

        row.Reset();
        return [.. chosen.Select(one => SpoolReader.Entry(database, one.Id, recipient => one.Recipients.Contains(recipient.Number))).OfType<QueueEntry>()];
    }
}
