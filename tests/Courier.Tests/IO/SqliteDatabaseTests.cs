using Courier.IO.Sqlite;

namespace Courier.Tests.IO;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("courier-sqlite-");
    private readonly SqliteDatabase _database;

    public SqliteDatabaseTests()
    {
        _database = new SqliteDatabase(Path.Combine(_directory.FullName, "test.db"));
        _database.Execute("CREATE TABLE t (k INTEGER PRIMARY KEY, s TEXT, b BLOB NOT NULL)");
    }

    public void Dispose()
    {
        _database.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void Commits_survive_a_power_cut_by_the_settings()
    {
        Assert.Equal("wal", Text("PRAGMA journal_mode"));
        Assert.Equal("2", Text("PRAGMA synchronous"));
        Assert.Equal("1", Text("PRAGMA foreign_keys"));
    }

    [Fact]
    public async Task Opening_waits_for_another_that_makes_the_file()
    {
        // The log is begun by leaving the old mode, in which a write in progress makes SQLite give up at once.
        _database.Execute("PRAGMA journal_mode=DELETE");
        _database.Execute("BEGIN IMMEDIATE");
        var opening = Task.Run(() => new SqliteDatabase(Path.Combine(_directory.FullName, "test.db")).Dispose());
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        Assert.False(opening.IsCompleted);
        _database.Execute("COMMIT");
        await opening.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("", new byte[0])]
    [InlineData("text with 'quotes' and ünïcode", new byte[] { 0, 1, 255 })]
    public void Values_come_back_as_they_went_in(string text, byte[] bytes)
    {
        Insert(long.MaxValue, text, bytes);
        var row = _database.Prepare("SELECT k, s, b FROM t");
        Assert.True(row.Step());
        Assert.Equal(long.MaxValue, row.Int64(0));
        Assert.Equal(text, row.Text(1));
        Assert.Equal(text, row.TextOrNull(1));
        Assert.Equal(bytes, row.Blob(2).ToArray());
        Assert.False(row.Step());
    }

    [Fact]
    public void Null_is_not_the_empty_text()
    {
        Insert(1, null, [1]);
        var row = _database.Prepare("SELECT s FROM t");
        Assert.True(row.Step());
        Assert.True(row.IsNull(0));
        Assert.Null(row.TextOrNull(0));
        row.Reset();
    }

    [Fact]
    public void Parameters_of_the_last_use_are_gone()
    {
        Insert(1, "a", [1]);
        var again = _database.Prepare("INSERT INTO t (k, s, b) VALUES (?, ?, ?)").Bind(1, 2).Bind(3, [2]);
        again.Run();
        Assert.Equal("1", Text("SELECT count(*) FROM t WHERE s IS NULL"));
    }

    [Fact]
    public void A_transaction_is_kept_whole_or_not_at_all()
    {
        _database.InTransaction(() => Insert(1, "kept", []));
        var failure = Assert.Throws<SqliteException>(() => _database.InTransaction(() =>
        {
            Insert(2, "lost", []);
            Insert(1, "twice", []);
        }));
        Assert.True(failure.IsConstraint);
        Assert.False(failure.IsBusy);
        Assert.Equal("kept", Text("SELECT group_concat(s) FROM t"));
        _database.InTransaction(() => Insert(3, "after", []));
        Assert.Equal("2", Text("SELECT count(*) FROM t"));
    }

    [Fact]
    public void A_reader_sees_the_commits_of_another_connection()
    {
        using var other = new SqliteDatabase(Path.Combine(_directory.FullName, "test.db"));
        var before = Text("PRAGMA data_version");
        Assert.Equal(before, Text("PRAGMA data_version"));
        other.Execute("INSERT INTO t VALUES (1, 'x', x'00')");
        Assert.NotEqual(before, Text("PRAGMA data_version"));
        Assert.Equal("x", Text("SELECT s FROM t"));
    }

    [Fact]
    public void A_failure_is_trouble_of_ours_and_names_its_code()
    {
        var failure = Assert.Throws<SqliteException>(() => _database.Execute("SELECT nothing FROM nowhere"));
        Assert.IsAssignableFrom<IOException>(failure);
        Assert.False(failure.IsConstraint);
        Assert.Throws<SqliteException>(() => new SqliteDatabase(Path.Combine(_directory.FullName, "no such directory", "x.db")));
    }

    private void Insert(long key, string? text, byte[] bytes) =>
        _database.Prepare("INSERT INTO t (k, s, b) VALUES (?, ?, ?)").Bind(1, key).Bind(2, text).Bind(3, bytes.AsSpan()).Run();

    private string Text(string sql)
    {
        var row = _database.Prepare(sql);
        Assert.True(row.Step());
        var text = row.Text(0);
        row.Reset();
        return text;
    }
}
