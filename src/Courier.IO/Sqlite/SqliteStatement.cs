using SQLitePCL;

namespace Courier.IO.Sqlite;

/// <summary>A prepared statement: bind from 1, step, read columns from 0.</summary>
public sealed class SqliteStatement : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly sqlite3_stmt _handle;

    internal SqliteStatement(SqliteDatabase database, sqlite3_stmt handle) => (_database, _handle) = (database, handle);

    /// <summary>SQLITE_STMTSTATUS_VM_STEP.</summary>
    internal long Steps
    {
        get
        {
            const int vmStep = 4;
            return raw.sqlite3_stmt_status(_handle, vmStep, 0);
        }
    }

    public SqliteStatement Bind(int index, long value)
    {
        _database.Check(raw.sqlite3_bind_int64(_handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, string? value)
    {
        _database.Check(value is null ? raw.sqlite3_bind_null(_handle, index) : raw.sqlite3_bind_text(_handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, ReadOnlySpan<byte> value)
    {
        _database.Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(_handle, index, 0) : raw.sqlite3_bind_blob(_handle, index, value));
        return this;
    }

    public SqliteStatement BindNull(int index)
    {
        _database.Check(raw.sqlite3_bind_null(_handle, index));
        return this;
    }

    /// <summary>True when there is a row to read.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_handle);
        _database.Check(code);
        return code == raw.SQLITE_ROW;
    }

    /// <summary>For statements that give no rows: steps once and is ready again.</summary>
    public void Run()
    {
        _ = Step();
        Reset();
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(_handle, column);

    public int Int32(int column) => (int)raw.sqlite3_column_int64(_handle, column);

    public string Text(int column) => raw.sqlite3_column_text(_handle, column).utf8_to_string() ?? "";

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>Valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_handle, column);

    public void Reset()
    {
        _ = raw.sqlite3_reset(_handle);
        _ = raw.sqlite3_clear_bindings(_handle);
    }

    public void Dispose() => _handle.Dispose();
}
