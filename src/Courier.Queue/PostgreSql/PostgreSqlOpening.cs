using Microsoft.Extensions.Logging;
using Npgsql;

namespace Courier.Queue.PostgreSql;

/// <summary>What is looked at and done when the queue is opened.</summary>
internal static class PostgreSqlOpening
{
    /// <summary>The first release with everything that the statements use.</summary>
    private const int OldestVersion = 130000;

    /// <summary>Counted one by one up to here; beyond, the database's own estimate does.</summary>
    private const int CountedMessages = 20_000;

    internal static async Task CheckAsync(PostgreSqlDatabase database, PostgreSqlSpoolSettings settings, SpoolAccess access, TimeProvider clock, ILogger logger)
    {
        await database.RunAsync(
            async connection =>
            {
                await CheckServerAsync(connection, database, logger);
                if (access == SpoolAccess.Admin && await PostgreSqlSchema.VersionAsync(connection, settings.Schema) is var version)
                {
                    PostgreSqlSchema.Verify(version, database.Name);
                    if (version == 0)
                        throw new FileNotFoundException($"there is no queue in {database.Name} yet");
                }

                return true;
            },
            CancellationToken.None);
        if (access == SpoolAccess.Owner)
            await database.InTransactionAsync(connection => PostgreSqlSchema.PrepareAsync(connection, settings, database.Name, clock), CancellationToken.None);
    }

    internal static Task<string> DescribeAsync(PostgreSqlDatabase database, PostgreSqlSpoolSettings settings) => database.RunAsync(
        async connection =>
        {
            await CheckServerAsync(connection, database, logger: null);
            var version = await PostgreSqlSchema.VersionAsync(connection, settings.Schema);
            PostgreSqlSchema.Verify(version, database.Name);
            return $"PostgreSQL {connection.ServerVersion} at {database.Name}, {(version == 0 ? "no queue yet" : $"schema {version}")}";
        },
        CancellationToken.None);

    /// <summary>How many messages there are, about; and those with copies staged on this node's disk. What waits for a route is tried again.</summary>
    internal static Task<(long Messages, List<long> Staged)> BeginAsync(PostgreSqlDatabase database, PostgreSqlSpoolSettings settings, long now) => database.RunAsync(
        async connection =>
        {
            await using var batch = connection.CreateBatch();
            batch.Add($"UPDATE recipient SET next_attempt = $1 WHERE next_attempt = {SpoolColumns.Held} AND node IS NULL").With(now);
            batch.Add($"SELECT greatest((SELECT count(*) FROM (SELECT 1 FROM message LIMIT {CountedMessages}) counted), (SELECT n_live_tup FROM pg_stat_user_tables WHERE relid = 'message'::regclass))");
            batch.Add("SELECT DISTINCT message FROM recipient WHERE staged_node = $1 AND staged IS NOT NULL AND next_attempt IS NOT NULL ORDER BY message").With(settings.Node);
            await using var reader = await batch.ExecuteReaderAsync();
            var messages = await reader.ReadAsync() ? reader.GetInt64(0) : 0;
            await reader.NextResultAsync();
            var staged = new List<long>();
            while (await reader.ReadAsync())
                staged.Add(reader.GetInt64(0));
            return (messages, staged);
        },
        CancellationToken.None);

    private static async Task CheckServerAsync(NpgsqlConnection connection, PostgreSqlDatabase database, ILogger? logger)
    {
        await using var batch = connection.CreateBatch();
        batch.Add("SELECT current_setting('server_version_num')::integer, current_setting('server_encoding'), current_setting('synchronous_commit'), current_setting('fsync')");
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.ReadAsync();
        if (reader.GetInt32(0) < OldestVersion)
            throw new InvalidDataException($"{database.Name} is PostgreSQL {connection.ServerVersion}; the queue needs 13 or later");
        if (reader.GetString(1) != "UTF8")
            throw new InvalidDataException($"{database.Name} has the encoding {reader.GetString(1)}; the queue needs UTF8");
        if (logger is null)
            return;
        foreach (var (setting, value) in new[] { ("synchronous_commit", reader.GetString(2)), ("fsync", reader.GetString(3)) })
        {
            if (value == "off")
                Log.NotDurable(logger, setting);
        }
    }
}
