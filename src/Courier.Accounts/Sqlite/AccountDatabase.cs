using Courier.IO.Sqlite;

namespace Courier.Accounts.Sqlite;

/// <summary>accounts.db: opening it, and its schema by version.</summary>
internal static class AccountDatabase
{
    /// <summary>One step for each version; a file of an older version takes the steps that it lacks.</summary>
    private static readonly string[] _steps =
    [
        """
        CREATE TABLE domain (name TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE account (
            key TEXT NOT NULL PRIMARY KEY,       -- the address in lower case
            address TEXT NOT NULL,               -- as written by the administrator
            domain TEXT NOT NULL REFERENCES domain (name),
            hash TEXT NOT NULL,                  -- of crypt(3)
            maildir TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX account_domain ON account (domain);
        """,
    ];

    internal static SqliteDatabase Open(string path)
    {
        MakePrivate(path);
        var database = new SqliteDatabase(path);
        try
        {
            Configure(database);
            Upgrade(database);
            return database;
        }
        catch
        {
            database.Close();
            throw;
        }
    }

    /// <summary>After each change: brings it from the write-ahead log into the file. SQLite would do that by itself, now and then, and hide
    /// failures: of what a failing disk has lost then nothing is left once the log begins anew (docs/reliability.md, "A disk that fails for a moment").</summary>
    /// <exception cref="IOException">The change is made and durable, and in the log alone.</exception>
    internal static void Settle(SqliteDatabase database)
    {
        try
        {
            database.EmptyLog();
        }
        catch (SqliteException e) when (e.IsBusy)
        {
            // Another command is at work, and does it when it has finished.
        }
        catch (SqliteException e)
        {
            database.ReadAnew();
            Configure(database);
            throw new IOException($"the change is made, but accounts.db could not be brought up to date: look after the disk, then change anything once more ({e.Message})", e);
        }
    }

    private static void Configure(SqliteDatabase database) => database.Execute("PRAGMA wal_autocheckpoint=0");

    /// <summary>Hashes are for the server's eyes only: the file is made before SQLite would make it readable to all. A file that
    /// is there is not opened: closing it would drop the locks that SQLite holds on it in this process (fcntl(2)).</summary>
    private static void MakePrivate(string path)
    {
        if (File.Exists(path))
            return;
        try
        {
            new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }).Dispose();
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was quicker.
        }
    }

    private static void Upgrade(SqliteDatabase database)
    {
        if (Version(database) == _steps.Length)
            return;
        database.InTransaction(() =>
        {
            // Read again: another process may have done it before our transaction began.
            var version = Version(database);
            if (version > _steps.Length)
                throw new InvalidDataException($"The account directory has schema {version}; this program knows {_steps.Length} and older.");
            for (; version < _steps.Length; version++)
                database.Execute(_steps[version]);
            database.Execute($"PRAGMA user_version={_steps.Length}");
        });
        Settle(database);
    }

    private static int Version(SqliteDatabase database)
    {
        var statement = database.Prepare("PRAGMA user_version");
        try
        {
            return statement.Step() ? statement.Int32(0) : 0;
        }
        finally
        {
            statement.Reset();
        }
    }
}
