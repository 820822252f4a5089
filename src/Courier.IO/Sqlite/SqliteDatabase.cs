using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Courier.IO.Sqlite;

/// <summary>SQLite answered with an error. <see cref="IsBusy"/>: another connection holds the lock; anything else that is not
/// a constraint is our trouble and passing (disk full, I/O).</summary>
public sealed class SqliteException(int code, string message) : IOException($"SQLite {code}: {message}")
{
    public int Code { get; } = code;

    /// <summary>SQLITE_CORRUPT in any of its forms: what lies in the file is not what was written there.</summary>
    public bool IsDamage => (Code & 0xff) == raw.SQLITE_CORRUPT;

    public bool IsConstraint => (Code & 0xff) == raw.SQLITE_CONSTRAINT;

    public bool IsBusy => (Code & 0xff) == raw.SQLITE_BUSY;
}

/// <summary>One connection to a database of the system's libsqlite3, with prepared statements that are kept. Not thread-safe:
/// one thread at a time.</summary>
public sealed class SqliteDatabase : IDisposable
{
    private readonly sqlite3 _handle;
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
        Check(raw.sqlite3_open_v2(path, out _handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null));
        const int busyTimeoutMilliseconds = 10_000;
        _ = raw.sqlite3_busy_timeout(_handle, busyTimeoutMilliseconds);
        Execute("PRAGMA journal_mode=WAL");
        Execute("PRAGMA synchronous=FULL");
        Execute("PRAGMA foreign_keys=ON");
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
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
            throw new SqliteException(_handle is null ? code : raw.sqlite3_extended_errcode(_handle), raw.sqlite3_errstr(code).utf8_to_string());
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        string.Equals(name, "e_sqlite3", StringComparison.Ordinal) ? NativeLibrary.Load("libsqlite3.so.0") : 0;
}
