using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Courier.IO.Files;
using SQLitePCL;

namespace Courier.IO.Sqlite;

/// <summary>SQLite answered with an error. <see cref="IsBusy"/>: another connection holds the lock; anything else that is not
/// a constraint is our trouble and passing (disk full, I/O).</summary>
public sealed class SqliteException(int code, string message) : IOException($"SQLite {code}: {message}")
{
    public int Code { get; } = code;

    /// <summary>SQLITE_CORRUPT in any of its forms: what lies in the file is not what was written there.</summary>
    public bool IsDamage => (Code & 0xff) == raw.SQLITE_CORRUPT;

    /// <summary>SQLITE_IOERR in any of its forms: a call to the system failed.</summary>
    public bool IsInputOutput => (Code & 0xff) == raw.SQLITE_IOERR;

    public bool IsConstraint => (Code & 0xff) == raw.SQLITE_CONSTRAINT;

    public bool IsBusy => (Code & 0xff) == raw.SQLITE_BUSY;
}

/// <summary>One connection to a database of the system's libsqlite3, with prepared statements that are kept. Not thread-safe:
/// one thread at a time.</summary>
public sealed class SqliteDatabase : IDisposable
{
    private static readonly TimeSpan _busyTimeout = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private sqlite3 _handle = null!;
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    static SqliteDatabase()
    {
        // The provider asks for "e_sqlite3", the copy that its bundle would ship; we use Debian's, which gets security updates.
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
    }

    /// <summary>Opens or makes the file in WAL mode with synchronous=FULL: a commit that returned survives a power cut.</summary>
    public SqliteDatabase(string path)
    {
        _path = path;
        Open();
    }

    /// <summary>Opens it again after <see cref="Close"/>.</summary>
    public void Open() => Open(isAlone: false);

    private void Open(bool isAlone)
    {
        Check(raw.sqlite3_open_v2(_path, out _handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null));
        _ = raw.sqlite3_busy_timeout(_handle, (int)_busyTimeout.TotalMilliseconds);
        if (isAlone)
            Execute("PRAGMA locking_mode=EXCLUSIVE");
        BeginLog();
        Execute("PRAGMA synchronous=FULL");
        Execute("PRAGMA foreign_keys=ON");
    }

    /// <summary>Of several that open a new file at once, SQLite tells all but one to give way, without waiting for its busy timeout.</summary>
    private void BeginLog()
    {
        using var pause = new ManualResetEvent(initialState: false);
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                Execute("PRAGMA journal_mode=WAL");
                return;
            }
            catch (SqliteException error) when (error.IsBusy && Stopwatch.GetElapsedTime(began) < _busyTimeout)
            {
                pause.WaitOne(TimeSpan.FromMilliseconds(5));
            }
        }
    }

    /// <summary>Closes the connection and leaves the write-ahead log as it is; SQLite would copy what it believes to be left of it into the
    /// database and delete it.</summary>
    public void Close()
    {
        const int noCheckpointOnClose = 1006;       // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
        if (!_handle.IsInvalid && !_handle.IsClosed)
            Check(raw.sqlite3_db_config(_handle, noCheckpointOnClose, 1, out _));
        Dispose();
    }

    /// <summary>Reads the write-ahead log anew from its first frame, as after a crash and from the disk, copies all of it into the database, syncs that,
    /// and empties the log. This process may not have the database open; where another has, the answer is <see cref="SqliteException.IsBusy"/>.</summary>
    public static void Fold(string path)
    {
        RawFile.Forget(path + "-wal");
        RawFile.Forget(path);
        using var database = new SqliteDatabase(path, isAlone: true);
        database.EmptyLog();
    }

    /// <summary>Copies all of the write-ahead log into the database, syncs that, and empties the log; waits for others who read or write.
    /// <see cref="SqliteException.IsBusy"/> says that they went on too long. Any other error: see <see cref="Checkpoint"/>.</summary>
    public void EmptyLog() => Check(raw.sqlite3_wal_checkpoint_v2(_handle, null, raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _));

    /// <summary>Opens database and log anew, and from the disk: memory may show of them what no disk has. This process may have no other connection
    /// to it.</summary>
    public void ReadAnew()
    {
        Close();
        RawFile.Forget(_path + "-wal");
        RawFile.Forget(_path);
        Open();
    }

    private SqliteDatabase(string path, bool isAlone)
    {
        _path = path;
        try
        {
            Open(isAlone);
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>Copies of the write-ahead log into the database what no reader holds up. An error says that something of it is not on the disk, and may
    /// have been copied by an earlier call.</summary>
    /// <returns>Frames in the log, and those of them that were copied so far. The database is synced when they are equal.</returns>
    public (int Logged, int Copied) Checkpoint()
    {
        Check(raw.sqlite3_wal_checkpoint_v2(_handle, null, raw.SQLITE_CHECKPOINT_PASSIVE, out var logged, out var copied));
        return (logged, copied);
    }

    public long LastInsertRowId => raw.sqlite3_last_insert_rowid(_handle);

    /// <summary>Steps that the machine behind all statements has made so far: what work costs, the same on every computer.</summary>
    public long Steps => _statements.Values.Sum(static statement => statement.Steps);

    /// <summary>Pages that this connection has written into the write-ahead log so far.</summary>
    public int PagesWritten
    {
        get
        {
            const int cacheWrite = 9;       // SQLITE_DBSTATUS_CACHE_WRITE
            Check(raw.sqlite3_db_status(_handle, cacheWrite, out var written, out _, 0));
            return written;
        }
    }

    /// <summary>Memory of the pages that this connection keeps.</summary>
    public int CachedBytes
    {
        get
        {
            const int cacheUsed = 1;        // SQLITE_DBSTATUS_CACHE_USED
            Check(raw.sqlite3_db_status(_handle, cacheUsed, out var used, out _, 0));
            return used;
        }
    }

    /// <summary>Gives the memory of pages back that no statement needs now; they are read again when they are wanted.</summary>
    public void ReleaseMemory() => Execute("PRAGMA shrink_memory");

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>Runs statements without parameters; results are passed over.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_handle, sql));

    /// <summary>The prepared statement of that text, reset and with its parameters unbound. Use it up before asking for it again.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (_statements.TryGetValue(sql, out var statement))
        {
            statement.Reset();
            return statement;
        }

        Check(raw.sqlite3_prepare_v2(_handle, sql, out var handle));
        return _statements[sql] = new SqliteStatement(this, handle);
    }

    /// <summary>Ends every statement that stands somewhere, as after an error that the caller goes on from.</summary>
    public void Reset()
    {
        foreach (var statement in _statements.Values)
            statement.Reset();
    }

    /// <summary>Runs <paramref name="work"/> in one transaction; an exception rolls it back.</summary>
    public void InTransaction(Action work)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            Execute("COMMIT");
        }
        catch
        {
            // The failed statement may have rolled back already; what matters is that none stays open.
            _ = raw.sqlite3_exec(_handle, "ROLLBACK");
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        _statements.Clear();
        _handle.Dispose();
    }

    internal void Check(int code)
    {
        if (code is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE)
            return;
        var error = new SqliteException(_handle is null ? code : raw.sqlite3_extended_errcode(_handle), raw.sqlite3_errstr(code).utf8_to_string());
        // The next commit writes to the same place in the log. (The database itself must not be opened here: closing it again would free SQLite's locks.)
        if (error.IsInputOutput)
            RawFile.Forget(_path + "-wal");
        throw error;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        string.Equals(name, "e_sqlite3", StringComparison.Ordinal) ? NativeLibrary.Load("libsqlite3.so.0") : 0;
}
