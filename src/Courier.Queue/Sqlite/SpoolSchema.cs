using Courier.IO.Sqlite;

namespace Courier.Queue.Sqlite;

/// <summary>The tables of the spool and how a database comes to have them. The statements stay within what PostgreSQL
/// has too: integer keys, a partial index, RETURNING; no rowid tricks and no triggers.</summary>
internal static class SpoolSchema
{
    /// <summary>Grows with every change of the tables; a program refuses a database newer than itself.</summary>
    internal static int Version => Steps.Length;

    /// <summary>"CSpl": tells our database from anybody else's.</summary>
    private const int ApplicationId = 0x4353706c;

    /// <summary>next_attempt is in Unix milliseconds; NULL once the recipient is done. The body is the last column: what comes
    /// before it is read without touching the pages of the body.</summary>
    /// <remarks>What a later step adds to <c>message</c> would lie behind the body: whoever needs a column there rebuilds the table, or
    /// puts it into <c>recipient</c> or a table of its own.</remarks>
    private const string FirstTables = """
        CREATE TABLE meta(
          name TEXT NOT NULL PRIMARY KEY,
          value BIGINT NOT NULL);
        CREATE TABLE message(
          id INTEGER NOT NULL PRIMARY KEY,
          arrival BIGINT NOT NULL,
          sender TEXT,
          envelope_id TEXT,
          flags INTEGER NOT NULL,
          origin TEXT NOT NULL,
          length BIGINT NOT NULL,
          file TEXT,
          trace BLOB NOT NULL,
          body BLOB);
        CREATE TABLE recipient(
          message BIGINT NOT NULL,
          number INTEGER NOT NULL,
          address TEXT NOT NULL,
          domain TEXT NOT NULL,
          original TEXT,
          notify INTEGER NOT NULL,
          attempts INTEGER NOT NULL,
          next_attempt BIGINT,
          diagnostic TEXT,
          staged TEXT,
          PRIMARY KEY(message, number)) WITHOUT ROWID;
        CREATE INDEX recipient_due ON recipient(next_attempt, message, number) WHERE next_attempt IS NOT NULL;
        INSERT INTO meta(name, value) VALUES('highest_id', 0);
        """;

    /// <summary>What the sender asked for. A message's terms are a table of their own: few messages have any.</summary>
    private const string Terms = """
        ALTER TABLE recipient ADD COLUMN warned INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE terms(
          message BIGINT NOT NULL PRIMARY KEY,
          release BIGINT,
          deliver_by BIGINT);
        """;

    /// <summary>What a command may say of a recipient, and an index so that a start need not read every message for its file.</summary>
    private const string Commands = """
        ALTER TABLE recipient ADD COLUMN next_hop TEXT;
        ALTER TABLE recipient ADD COLUMN cancelled TEXT;
        CREATE INDEX message_file ON message(file) WHERE file IS NOT NULL;
        """;

    /// <summary>What is taken first (RFC 6710). The priority stood in the flags of the message, five bits with their sign; the index needs it where the times are.</summary>
    private const string Priorities = """
        ALTER TABLE recipient ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
        UPDATE recipient SET priority=(SELECT ((flags >> 16 & 31) + 16) % 32 - 16 FROM message WHERE id=recipient.message)
          WHERE message IN (SELECT id FROM message WHERE flags >> 16 & 31 <> 0);
        DROP INDEX recipient_due;
        CREATE INDEX recipient_due ON recipient(priority, next_attempt, message, number) WHERE next_attempt IS NOT NULL;
        """;

    /// <summary>From each version to the next. A step is never changed once it was released, only followed by another; a new database
    /// goes through all of them.</summary>
    private static readonly string[] Steps = [FirstTables, Terms, Commands, Priorities];

    /// <summary>Sets up a connection; makes the tables in a new database, refuses one that is newer or not ours.</summary>
    internal static void Prepare(SqliteDatabase database, SpoolSettings settings)
    {
        Configure(database, settings);
        if (Pragma(database, "PRAGMA user_version") is var version and not 0)
        {
            Verify(database, version, settings.DatabasePath);
            Upgrade(database, (int)version);
            return;
        }

        if (Pragma(database, "SELECT count(*) FROM sqlite_master") != 0)
            throw new InvalidDataException($"{settings.DatabasePath} is a database, but not a spool; nothing was deleted");
        // The page size is fixed by the first write, and WAL mode, which the connection begins with, is one.
        database.Execute("PRAGMA journal_mode=DELETE");
        database.Execute($"PRAGMA page_size={settings.PageSizeBytes}");
        database.Execute("VACUUM");
        database.Execute("PRAGMA journal_mode=WAL");
        Upgrade(database, from: 0);
    }

    /// <summary>All steps or none: a crash leaves the version before, with its tables.</summary>
    internal static void Upgrade(SqliteDatabase database, int from) => Upgrade(database, from, Version);

    internal static void Upgrade(SqliteDatabase database, int from, int to)
    {
        if (from == to)
            return;
        database.InTransaction(() =>
        {
            // Another process may have been faster.
            for (var step = (int)Pragma(database, "PRAGMA user_version"); step < to; step++)
                database.Execute(Steps[step]);
            database.Execute($"PRAGMA application_id={ApplicationId}");
            database.Execute($"PRAGMA user_version={to}");
        });
    }

    internal static void Configure(SqliteDatabase database, SpoolSettings settings)
    {
        // SQLite's own says nothing of its failures: SpoolLog does it.
        database.Execute("PRAGMA wal_autocheckpoint=0");
        database.Execute($"PRAGMA cache_size=-{settings.CacheBytes / 1024}");
        // Debian's library overwrites deleted rows with zeros by default: every delivered body would be written a second time.
        // The file is readable by its owner alone.
        database.Execute("PRAGMA secure_delete=OFF");
    }

    internal static long Pragma(SqliteDatabase database, string sql)
    {
        var row = database.Prepare(sql);
        var value = row.Step() ? row.Int64(0) : 0;
        row.Reset();
        return value;
    }

    private static void Verify(SqliteDatabase database, long version, string path)
    {
        if (Pragma(database, "PRAGMA application_id") != ApplicationId)
            throw new InvalidDataException($"{path} is a database, but not a spool; nothing was deleted");
        if (version > Version)
            throw new InvalidDataException($"{path} was written by a newer version (schema {version}, this program knows {Version}); nothing was deleted");
    }
}
