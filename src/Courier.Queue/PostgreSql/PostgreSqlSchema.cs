using System.Globalization;
using Npgsql;

namespace Courier.Queue.PostgreSql;

/// <summary>The tables of the queue in PostgreSQL and how a database comes to have them.</summary>
internal static class PostgreSqlSchema
{
    /// <summary>Grows with every change of the tables; a program refuses a database newer than itself.</summary>
    internal static int Version => _steps.Length;

    /// <summary>Ids that a node takes at once.</summary>
    internal const int IdBlock = 1000;

    /// <summary><para><c>recipient.node</c>: who has leased it. <c>staged_node</c>: on whose disk its staged copy lies; nobody else can publish it.</para>
    /// <para>The index holds what is free and waits: what is leased leaves it, so that nobody has to pass over it.</para>
    /// <para>Bodies are mail, much of it base64 of what is compressed already: not compressed again.</para></summary>
    private const string FirstTables = """
        CREATE TABLE node(
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          name text NOT NULL UNIQUE,
          expires timestamptz NOT NULL);
        CREATE TABLE message(
          id bigint PRIMARY KEY,
          arrival bigint NOT NULL,
          sender text,
          envelope_id text,
          flags integer NOT NULL,
          origin text NOT NULL,
          length bigint NOT NULL,
          release bigint,
          deliver_by bigint,
          trace bytea NOT NULL,
          body bytea) WITH (autovacuum_vacuum_scale_factor = 0.05);
        ALTER TABLE message ALTER COLUMN body SET STORAGE EXTERNAL;
        CREATE TABLE body(
          message bigint NOT NULL,
          number integer NOT NULL,
          bytes bytea NOT NULL,
          PRIMARY KEY(message, number)) WITH (autovacuum_vacuum_scale_factor = 0.05);
        ALTER TABLE body ALTER COLUMN bytes SET STORAGE EXTERNAL;
        CREATE TABLE recipient(
          message bigint NOT NULL,
          number integer NOT NULL,
          address text NOT NULL,
          domain text NOT NULL,
          original text,
          notify integer NOT NULL,
          priority integer NOT NULL,
          attempts integer NOT NULL,
          next_attempt bigint,
          diagnostic text,
          next_hop text,
          cancelled text,
          warned integer NOT NULL DEFAULT 0,
          staged text,
          staged_node text,
          node bigint,
          PRIMARY KEY(message, number)) WITH (autovacuum_vacuum_scale_factor = 0.05);
        CREATE INDEX recipient_due ON recipient(priority, next_attempt, message, number) WHERE next_attempt IS NOT NULL AND node IS NULL;
        CREATE INDEX recipient_leased ON recipient(node, message) WHERE node IS NOT NULL;
        CREATE INDEX recipient_staged ON recipient(staged_node) WHERE staged IS NOT NULL;
        """;

    /// <summary>From each version to the next. A step is never changed once it was released, only followed by another.</summary>
    private static readonly string[] _steps = [FirstTables];

    /// <summary>Makes or upgrades the tables; nodes that start together do it one after the other.</summary>
    internal static async Task<bool> PrepareAsync(NpgsqlConnection connection, PostgreSqlSpoolSettings settings, string database, TimeProvider clock)
    {
        var schema = settings.Schema;
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock(hashtextextended('courier queue {Checked(schema)}', 0))");
        var version = await VersionAsync(connection, schema);
        Verify(version, database);
        if (version == Version)
            return true;
        if (version == 0)
            await CreateAsync(connection, schema, clock);
        for (var step = version; step < Version; step++)
            await ExecuteAsync(connection, _steps[step]);
        await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"UPDATE meta SET value = {Version} WHERE name = 'version'"));
        return true;
    }

    /// <summary>0: there is no queue yet.</summary>
    internal static async Task<int> VersionAsync(NpgsqlConnection connection, string schema)
    {
        await using var find = new NpgsqlCommand($"SELECT to_regclass('{Checked(schema)}.meta')::text", connection);
        if (await find.ExecuteScalarAsync() is not string)
            return 0;
        await using var read = new NpgsqlCommand($"SELECT value FROM {schema}.meta WHERE name = 'version'", connection);
        return await read.ExecuteScalarAsync() is long version ? (int)version : throw new InvalidDataException($"the schema {schema} is not one of a queue; nothing was changed");
    }

    internal static void Verify(int version, string database)
    {
        if (version > Version)
            throw new InvalidDataException($"the queue in {database} was made by a newer version (schema {version}, this program knows {Version}); nothing was changed");
    }

    private static async Task CreateAsync(NpgsqlConnection connection, string schema, TimeProvider clock)
    {
        await using var find = new NpgsqlCommand($"SELECT to_regnamespace('{schema}')::text", connection);
        if (await find.ExecuteScalarAsync() is not string)
            await ExecuteAsync(connection, $"CREATE SCHEMA {schema}");
        // Ids look like those of the other driver, and go on above them: microseconds since 1970.
        var first = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"""
            CREATE SEQUENCE message_id INCREMENT BY {IdBlock} START WITH {first};
            CREATE TABLE meta(name text PRIMARY KEY, value bigint NOT NULL);
            INSERT INTO meta(name, value) VALUES('version', 0);
            """));
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>It stands in statements as it is.</summary>
    private static string Checked(string schema) => schema.Length > 0 && schema.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
        ? schema
        : throw new ArgumentException($"not the name of a schema: {schema}", nameof(schema));
}
