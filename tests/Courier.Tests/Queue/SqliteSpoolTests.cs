using Courier.IO.Sqlite;
using Courier.Queue;
using Courier.Queue.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>The contract on SQLite, and what only concerns its files.</summary>
#pragma warning disable CA1001 // xunit ends it by IAsyncLifetime
public sealed class SqliteSpoolTests : SpoolContractTests
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Ct => CancellationToken.None;

    private SpoolSettings Settings => new() { Directory = _directory.Path };

    private SqliteSpool Sqlite => (SqliteSpool)Spool;

    private protected override Task<ISpool> OpenAsync() => Task.FromResult<ISpool>(SqliteSpool.Open(Settings, Clock, NullLogger.Instance));

    private protected override Task DropAsync()
    {
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Concurrent_submissions_share_commits()
    {
        // While the disk is busy with the first commit, all the others come to wait: they share the next ones.
        using var disk = new ManualResetEventSlim();
        Sqlite.Writer.BeforeCommit = () => disk.Wait();
        var submissions = Enumerable.Range(0, 500).Select(_ => Spool.SubmitAsync(Messages.Envelope("grace@example.com"))).ToList();
        disk.Set();
        await Task.WhenAll(submissions);
        Assert.Equal(500, Sqlite.Writer.Operations);
        Assert.True(Sqlite.Writer.Commits < 50, $"{Sqlite.Writer.Commits} commits for 500 submissions");
        Assert.Equal(500, Sqlite.Length);
    }

    [Fact]
    public async Task A_failed_commit_fails_all_that_shared_it_and_the_spool_goes_on()
    {
        Sqlite.Writer.BeforeCommit = () => throw new IOException("the disk said no");
        var tries = Enumerable.Range(0, 20).Select(_ => Spool.SubmitAsync(Messages.Envelope("grace@example.com"), Messages.Bytes(200_000))).ToList();
        foreach (var attempt in tries)
            Assert.Contains("the disk said no", (await Assert.ThrowsAsync<IOException>(() => attempt)).Message, StringComparison.Ordinal);
        Assert.Empty(await Spool.ListAsync(10, Ct));
        Assert.Equal((0, 0), (Sqlite.Leases.Count, Sqlite.Length));
        // In doubt: were the rows there after a crash, their files would have to be.
        Assert.Equal(20, BodyFiles().Length);

        Sqlite.Writer.BeforeCommit = null;
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        await ReopenAsync();
        Assert.Equal([id], (await Spool.ListAsync(10, Ct)).Select(entry => entry.Id));
        Assert.Empty(BodyFiles());
    }

    [Fact]
    public async Task One_bad_change_fails_alone_and_the_rest_of_its_batch_is_kept()
    {
        using var hold = new ManualResetEventSlim();
        var blocker = Sqlite.Writer.RunAsync(new SpoolWork<int>(_ => { hold.Wait(TimeSpan.FromSeconds(10)); return 0; }), Ct).AsTask();
        var good = Enumerable.Range(0, 10).Select(_ => Spool.SubmitAsync(Messages.Envelope("grace@example.com"))).ToList();
        var bad = Sqlite.Writer.RunAsync(new SpoolWork<int>(_ => throw new InvalidOperationException("bad")), Ct).AsTask();
        var more = Enumerable.Range(0, 10).Select(_ => Spool.SubmitAsync(Messages.Envelope("grace@example.com"))).ToList();
        hold.Set();
        await blocker;
        await Assert.ThrowsAsync<IOException>(() => bad);
        var ids = await Task.WhenAll(good.Concat(more));
        Assert.Equal(20, ids.Distinct().Count());
        Assert.Equal(ids.Order(), (await Spool.ListAsync(100, Ct)).Select(entry => entry.Id));
    }

    [Fact]
    public async Task A_full_disk_refuses_what_does_not_fit_and_keeps_what_was_accepted()
    {
        var small = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        // SQLite's own limit answers SQLITE_FULL as a full disk does.
        await Sqlite.Writer.RunAsync(new SpoolWork<int>(tables => { tables.LimitPages(20); return 0; }), Ct);
        var full = await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (var i = 0; i < 100; i++)
                await Spool.SubmitAsync(Messages.Envelope("grace@example.com"), Messages.Bytes(50_000));
        });
        Assert.Equal(13, Assert.IsType<SqliteException>(full).Code & 0xff); // SQLITE_FULL
        Assert.NotNull(await Spool.FindAsync(small, Ct));
        await Spool.CompleteAsync([Done(small)], [], Ct);
        await Sqlite.Writer.RunAsync(new SpoolWork<int>(tables => { tables.LimitPages(1_000_000); return 0; }), Ct);
        await Spool.SubmitAsync(Messages.Envelope("grace@example.com"), Messages.Bytes(50_000));
    }

    [Fact]
    public async Task A_copy_of_the_files_taken_at_any_moment_holds_everything_acknowledged_by_then()
    {
        var acknowledged = new List<QueueId>();
        var done = new HashSet<QueueId>();
        for (var round = 0; round < 12; round++)
        {
            acknowledged.Add(await Spool.SubmitAsync(Messages.Envelope("grace@example.com"), Messages.Bytes(round % 2 == 0 ? 1000 : 200_000)));
            if (round % 3 == 2)
            {
                await Spool.CompleteAsync([Done(acknowledged[round - 1])], [], Ct);
                done.Add(acknowledged[round - 1]);
            }

            using var copy = new TemporaryDirectory();
            CopyFiles(_directory.Path, copy.Path);
            await using var crashed = SqliteSpool.Open(new SpoolSettings { Directory = copy.Path }, Clock, NullLogger.Instance);
            var left = acknowledged.Where(id => !done.Contains(id)).ToList();
            Assert.Equal(left, (await crashed.ListAsync(100, Ct)).Select(entry => entry.Id));
            foreach (var id in left)
                Assert.Equal(acknowledged.IndexOf(id) % 2 == 0 ? 1000 : 200_000, (await crashed.OpenAsync(id, Ct))!.Value.Body.ReadAll().Length);
        }
    }

    [Fact]
    public async Task Files_that_no_row_names_are_swept_at_start_and_no_others()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"), Messages.Bytes(200_000));
        await File.WriteAllTextAsync(Path.Combine(Settings.BodyDirectory, "left-by-a-crash"), "x");
        await ReopenAsync();
        Assert.Equal(200_000, new FileInfo(Assert.Single(BodyFiles())).Length);
        await Spool.CompleteAsync([Done(id)], [], Ct);
        Assert.Empty(BodyFiles());
    }

    [Fact]
    public void A_second_owner_is_refused() =>
        Assert.Contains("in use by another server", Assert.Throws<IOException>(() => SqliteSpool.Open(Settings, Clock, NullLogger.Instance)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_newer_schema_is_refused_and_left_alone()
    {
        await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        await Spool.DisposeAsync();
        using (var database = new SqliteDatabase(Settings.DatabasePath))
            database.Execute("PRAGMA user_version=99");
        Assert.Contains("newer version (schema 99", Assert.Throws<InvalidDataException>(() => SqliteSpool.Open(Settings, Clock, NullLogger.Instance)).Message, StringComparison.Ordinal);
        using (var database = new SqliteDatabase(Settings.DatabasePath))
            database.Execute($"PRAGMA user_version={SpoolSchema.Version}");
        await ReopenAsync();
        Assert.Single(await Spool.ListAsync(10, Ct));
    }

    [Fact]
    public async Task A_spool_of_the_first_schema_is_brought_up_to_date_with_what_is_in_it()
    {
        var id = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"), "body\r\n"u8.ToArray());
        await Spool.DisposeAsync();
        using (var database = new SqliteDatabase(Settings.DatabasePath))
        {
            // As the first version made them.
            database.Execute("DROP INDEX recipient_due");
            database.Execute("CREATE INDEX recipient_due ON recipient(next_attempt, message, number) WHERE next_attempt IS NOT NULL");
            database.Execute("ALTER TABLE recipient DROP COLUMN priority");
            database.Execute("DROP INDEX message_file");
            database.Execute("ALTER TABLE recipient DROP COLUMN cancelled");
            database.Execute("ALTER TABLE recipient DROP COLUMN next_hop");
            database.Execute("ALTER TABLE recipient DROP COLUMN warned");
            database.Execute("DROP TABLE terms");
            database.Execute("PRAGMA user_version=1");
        }

        await ReopenAsync();
        await Spool.CompleteAsync([new(id, 0, Clock.GetUtcNow(), "busy") { IsWarned = true }], [], Ct);
        await ReopenAsync();
        Assert.True(Assert.Single((await Spool.FindAsync(id, Ct))!.Recipients).IsWarned);
        Assert.Equal("body\r\n"u8.ToArray(), (await Spool.OpenAsync(id, Ct))!.Value.Body.ReadAll());
    }

    [Theory]
    [InlineData("garbage", "cannot be used")]
    [InlineData("short", "cannot be used")]
    [InlineData("empty", "is missing or empty")]
    [InlineData("missing", "is missing or empty")]
    [InlineData("foreign", "not a spool")]
    public async Task A_damaged_or_foreign_file_stops_the_start_and_nothing_is_deleted(string damage, string message)
    {
        await Spool.SubmitAsync(Messages.Envelope("grace@example.com"), Messages.Bytes(200_000));
        for (var i = 0; i < 20; i++)
            await Spool.SubmitAsync(Messages.Envelope("grace@example.com"), Messages.Bytes(10_000));
        await Spool.DisposeAsync();
        var bodies = BodyFiles();
        Damage(damage);
        var failure = Record.Exception(() => SqliteSpool.Open(Settings, Clock, NullLogger.Instance));
        Assert.True(failure is IOException or InvalidDataException, failure?.ToString());
        Assert.Contains(message, failure!.Message, StringComparison.Ordinal);
        Assert.Contains("spool.db", failure.Message, StringComparison.Ordinal);
        Assert.Equal(bodies, BodyFiles());
        Assert.Equal(damage != "missing", File.Exists(Settings.DatabasePath));
    }

    [Fact]
    public async Task A_command_beside_the_running_owner_lists_flushes_and_removes_and_the_owner_notices()
    {
        var kept = await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        var removed = await Spool.SubmitAsync(Messages.Envelope("joan@example.net"), Messages.Bytes(200_000));
        Assert.Equal(2, (await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Count);
        await Spool.CompleteAsync([new RecipientUpdate(kept, 0, Clock.GetUtcNow() + TimeSpan.FromHours(1), "451 later")], [], Ct);
        var disturbed = new SemaphoreSlim(0);
        Spool.Disturbed = () => disturbed.Release();

        await using (var command = SqliteSpool.Open(Settings, Clock, NullLogger.Instance, SpoolAccess.Admin))
        {
            Assert.Equal([kept, removed], (await command.ListAsync(10, Ct)).Select(entry => entry.Id));
            Assert.Equal("451 later", (await command.FindAsync(kept, Ct))!.Recipients[0].LastDiagnostic);
            Assert.Equal(1, await command.FlushAsync(null, "example.com", Ct));
            Assert.True(await disturbed.WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Equal(kept, Assert.Single(await Spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Id);
            Assert.True(Spool.IsLeased(removed, 0));
            Assert.True(await command.RemoveAsync(removed, Ct));
        }

        Assert.True(await disturbed.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.False(Spool.IsLeased(removed, 0));
        Assert.Equal(1, Sqlite.Length);
        Assert.Empty(BodyFiles());
        await Spool.SubmitAsync(Messages.Envelope("grace@example.com"));
    }

    [Fact]
    public void A_command_without_a_spool_says_so()
    {
        using var empty = new TemporaryDirectory();
        Assert.Contains("there is no spool", Assert.Throws<FileNotFoundException>(
            () => SqliteSpool.Open(new SpoolSettings { Directory = empty.Path }, Clock, NullLogger.Instance, SpoolAccess.Admin)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_readable_by_their_owner_alone()
    {
        await Spool.SubmitAsync(Messages.Envelope("grace@example.com"), Messages.Bytes(200_000));
        const UnixFileMode othersMay = ~(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        foreach (var file in Directory.GetFiles(_directory.Path, "spool.*").Concat(BodyFiles()))
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(file) & othersMay);
    }

    private string[] BodyFiles() =>
        [.. Directory.GetFiles(Settings.BodyDirectory).Where(file => Path.GetFileName(file) != "in-use").Order(StringComparer.Ordinal)];

    private void Damage(string damage)
    {
        var path = Settings.DatabasePath;
        switch (damage)
        {
            case "garbage":
                File.WriteAllBytes(path, Messages.Bytes(8192));
                break;
            case "short":
                using (var file = File.OpenWrite(path))
                    file.SetLength(file.Length / 2);
                break;
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "missing":
                File.Delete(path);
                break;
            case "foreign":
                File.Delete(path);
                using (var database = new SqliteDatabase(path))
                    database.Execute("CREATE TABLE other(x)");
                break;
        }
    }

    private static void CopyFiles(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    [Fact]
    public async Task A_spool_of_the_first_schema_is_brought_up_to_date_with_its_messages()
    {
        using var directory = new TemporaryDirectory();
        var settings = new SpoolSettings { Directory = directory.Path };
        using (var database = new SqliteDatabase(settings.DatabasePath))
        {
            SpoolSchema.Upgrade(database, from: 0, to: 1);
            database.Execute("INSERT INTO message(id, arrival, sender, flags, origin, length, trace, body) VALUES(7, 1, 'ada@example.org', 0, 'x', 2, '', 'hi')");
            database.Execute("INSERT INTO recipient(message, number, address, domain, notify, attempts, next_attempt) VALUES(7, 0, 'grace@example.com', 'example.com', 0, 3, 5)");
        }

        await using var spool = SqliteSpool.Open(settings, Clock, NullLogger.Instance);
        var recipient = Assert.Single(Assert.Single(await spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Recipients);
        Assert.Equal((3, null, null, false), (recipient.Attempts, recipient.NextHop, recipient.Cancelled, recipient.IsWarned));
        Assert.Equal("hi"u8.ToArray(), (await spool.OpenAsync(new QueueId(7), Ct))!.Value.Body.ReadAll());
    }

    [Fact]
    public async Task A_spool_of_before_the_priorities_has_them_in_its_order_after_the_upgrade()
    {
        using var directory = new TemporaryDirectory();
        var settings = new SpoolSettings { Directory = directory.Path };
        using (var database = new SqliteDatabase(settings.DatabasePath))
        {
            SpoolSchema.Upgrade(database, from: 0, to: 3);
            foreach (var (id, priority) in new[] { (1, -9), (2, 0), (3, 9), (4, -1) })
            {
                database.Execute($"INSERT INTO message(id, arrival, flags, origin, length, trace, body) VALUES({id}, 1, {(priority & 31) << 16}, 'x', 2, '', 'hi')");
                database.Execute($"INSERT INTO recipient(message, number, address, domain, notify, attempts, next_attempt) VALUES({id}, 0, 'grace@example.com', 'example.com', 0, 0, 5)");
            }
        }

        await using var spool = SqliteSpool.Open(settings, Clock, NullLogger.Instance);
        Assert.Equal([3L, 2, 4, 1], (await spool.LeaseDueAsync(Clock.GetUtcNow(), 10, Ct)).Select(entry => entry.Id.Value));
    }
}
