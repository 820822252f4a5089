using Courier.IO.Files;
using Courier.IO.Sqlite;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.Sqlite;

/// <summary>What lies in the spool when it is opened, after the checks that must pass before anything is changed.</summary>
internal sealed record SpoolContent(SqliteDatabase Database, BodyFiles Files, long HighestId, long Messages, IReadOnlyList<QueueId> Staged)
{
    /// <summary>Present once the database was made. Without the database it means that a queue was lost, not that there never was one.</summary>
    internal const string InUseMark = "in-use";

    /// <summary>Makes this process the owner.</summary>
    internal static OfdLock Own(SpoolSettings settings)
    {
        Directory.CreateDirectory(settings.Directory);
        return SpoolOwnership.Take(settings.Directory, settings.DatabasePath);
    }

    internal static SpoolContent Load(SpoolSettings settings, SpoolAccess access, TimeProvider clock, ILogger logger)
    {
        CheckFiles(settings, access);
        SqliteDatabase? database = null;
        try
        {
            if (access == SpoolAccess.Owner)
                SpoolLog.Begin(settings, logger);
            database = new SqliteDatabase(settings.DatabasePath);
            SpoolSchema.Prepare(database, settings);
            return Read(database, settings, access, clock, logger);
        }
        catch (SqliteException e)
        {
            database?.Dispose();
            throw new IOException($"the spool {settings.DatabasePath} cannot be used: {e.Message}. Nothing was deleted. Restore it, or move it away "
                + "together with its -wal file and spool/ to start with an empty queue", e);
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }

    /// <summary>SQLite takes an empty file for a new database; for us it is a queue that was lost.</summary>
    private static void CheckFiles(SpoolSettings settings, SpoolAccess access)
    {
        var database = new FileInfo(settings.DatabasePath);
        if (database is { Exists: true, Length: > 0 })
            return;
        if (access == SpoolAccess.Admin)
            throw new FileNotFoundException($"there is no spool at {settings.DatabasePath}", settings.DatabasePath);
        var mark = Path.Combine(settings.BodyDirectory, InUseMark);
        if (File.Exists(mark))
        {
            throw new IOException($"{settings.DatabasePath} is missing or empty, but this spool was in use. Nothing was deleted. "
                + $"Restore it, or remove {mark} to start with an empty queue");
        }

        Directory.CreateDirectory(settings.BodyDirectory);
        if (database.Exists)
            return;
        // SQLite gives its -wal and -shm files the mode of the database: readable by the owner alone, as mail should be.
        new FileStream(settings.DatabasePath, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }).Dispose();
    }

    private static SpoolContent Read(SqliteDatabase database, SpoolSettings settings, SpoolAccess access, TimeProvider clock, ILogger logger)
    {
        var files = new BodyFiles(settings.BodyDirectory, settings.InlineLimitBytes);
        var highest = SpoolSchema.Pragma(database, "SELECT value FROM meta WHERE name='highest_id'");
        if (access == SpoolAccess.Admin)
            return new SpoolContent(database, files, highest, 0, []);
        var (messages, staged) = CountRecipients(database);
        // Reads every row but no body: a torn page is found now, not in the middle of a delivery. A large queue is worth a quick start more.
        if (messages <= MessagesReadAtStart)
            messages = SpoolSchema.Pragma(database, "SELECT count(length) FROM message");
        new SpoolTables(database, new QueueIds(clock, highest), clock).ReleaseHeld(clock.GetUtcNow());
        Directory.CreateDirectory(settings.BodyDirectory);
        var (swept, missing) = files.Sweep(KnownFiles(database));
        DurableFile.Replace(Path.Combine(settings.BodyDirectory, InUseMark), []);
        DurableFile.FlushDirectory(settings.Directory);
        foreach (var name in missing)
            Log.BodyMissing(logger, files.PathOf(name));
        Log.Opened(logger, settings.DatabasePath, messages, staged.Count, swept);
        return new SpoolContent(database, files, highest, messages, staged);
    }

    /// <summary>Their rows lie beside their bodies: a million are gigabytes to read.</summary>
    private const int MessagesReadAtStart = 20_000;

    /// <summary>One walk over the recipients, which lie close together: how many messages there are, and which have staged copies.</summary>
    private static (long Messages, IReadOnlyList<QueueId> Staged) CountRecipients(SqliteDatabase database)
    {
        var staged = new List<QueueId>();
        var row = database.Prepare("SELECT message, staged IS NOT NULL AND next_attempt IS NOT NULL FROM recipient ORDER BY message, number");
        long messages = 0;
        for (long last = 0; row.Step();)
        {
            var id = row.Int64(0);
            if (id != last)
                messages++;
            last = id;
            if (row.Int32(1) != 0 && (staged.Count == 0 || staged[^1].Value != id))
                staged.Add(new QueueId(id));
        }

        row.Reset();
        return (messages, staged);
    }

    private static HashSet<string> KnownFiles(SqliteDatabase database)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        var row = database.Prepare("SELECT file FROM message WHERE file IS NOT NULL");
        while (row.Step())
            known.Add(row.Text(0));
        row.Reset();
        return known;
    }
}
