using Courier.Queue;
using Courier.Queue.PostgreSql;
using Courier.Testing.Processes;
using Courier.Tests.Shared.Smtp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>What only this driver has: several nodes at one queue, one commit of many for a database far away, and that database's own faults.</summary>
public sealed class PostgreSqlSpoolTests : IAsyncLifetime
{
    private readonly List<PostgreSqlSpool> _open = [];
    private readonly List<TemporaryDirectory> _states = [];
    private readonly ManualClock _clock = new();
    private PostgreSqlCluster _cluster = null!;
    private string _database = null!;

    private static CancellationToken Ct => CancellationToken.None;

    public async Task InitializeAsync()
    {
        if (PostgreSqlFactAttribute.IsMissing)
            return;
        _cluster = await PostgreSqlCluster.SharedAsync();
        _database = await _cluster.CreateDatabaseAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var spool in _open)
            await spool.DisposeAsync();
        _states.ForEach(state => state.Dispose());
        if (_database is not null)
            await _cluster.SqlAsync("postgres", $"DROP DATABASE {_database} WITH (FORCE)");
    }

    private PostgreSqlSpoolSettings SettingsOf(string node, int leaseSeconds = 30)
    {
        _states.Add(new TemporaryDirectory());
        return PostgreSqlSpools.Settings(_cluster, _database, _states[^1].Path, node) with { Lease = TimeSpan.FromSeconds(leaseSeconds) };
    }

    private async Task<PostgreSqlSpool> JoinAsync(string node, int leaseSeconds = 30, SpoolAccess access = SpoolAccess.Owner)
    {
        var spool = await PostgreSqlSpool.OpenAsync(SettingsOf(node, leaseSeconds), _clock, NullLogger.Instance, access);
        _open.Add(spool);
        return spool;
    }

    private ValueTask<IReadOnlyList<QueueEntry>> LeaseAsync(ISpool spool, int most = 100) => spool.LeaseDueAsync(_clock.GetUtcNow(), most, Ct);

    private static RecipientUpdate Done(QueueId id, int recipient = 0) => new(id, recipient, null, null);

    [PostgreSqlFact]
    public async Task Two_nodes_that_lease_at_the_same_time_have_each_message_once()
    {
        var (one, two) = (await JoinAsync("one"), await JoinAsync("two"));
        var ids = await Task.WhenAll(Enumerable.Range(0, 300).Select(n => (n % 2 == 0 ? one : two).SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"))));
        var leased = new List<(QueueId, int)>[2];
        await Task.WhenAll(((PostgreSqlSpool[])[one, two]).Select((spool, place) => Task.Run(async () =>
        {
            leased[place] = [];
            while (await LeaseAsync(spool, 7) is { Count: > 0 } entries)
                leased[place].AddRange(entries.SelectMany(entry => entry.Recipients.Select(recipient => (entry.Id, recipient.Number))));
        })));
        Assert.Equal(600, leased[0].Concat(leased[1]).Distinct().Count());
        Assert.Equal(600, leased[0].Count + leased[1].Count);
        Assert.All(leased, some => Assert.NotEmpty(some));
        Assert.Equal(ids.Order(), leased[0].Concat(leased[1]).Select(lease => lease.Item1).Distinct().Order());
        Assert.All(leased[0], lease => Assert.Equal((true, false), (one.IsLeased(lease.Item1, lease.Item2), two.IsLeased(lease.Item1, lease.Item2))));
    }

    [PostgreSqlFact]
    public async Task What_a_silent_node_had_leased_is_free_when_its_lease_ends_and_not_before()
    {
        var (one, two) = (await JoinAsync("one", leaseSeconds: 3), await JoinAsync("two", leaseSeconds: 3));
        var id = await one.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Single(await LeaseAsync(one));
        await one.Node.FallSilentAsync();
        Assert.True(one.IsLeased(id, 0));
        // However often the other looks: nothing is there until the first has lost it.
        IReadOnlyList<QueueEntry> taken = [];
        await Eventually.IsAsync("the other has it", async () =>
        {
            var wasLeased = one.IsLeased(id, 0);
            taken = await LeaseAsync(two);
            Assert.False(taken.Count > 0 && wasLeased && one.IsLeased(id, 0), "leased twice");
            return taken.Count > 0;
        });
        Assert.Equal(id, Assert.Single(taken).Id);
        Assert.False(one.IsLeased(id, 0));
        Assert.True(two.IsLeased(id, 0));
    }

    [PostgreSqlFact]
    public async Task A_node_finds_what_a_silent_one_left_without_being_asked()
    {
        var (one, two) = (await JoinAsync("one", leaseSeconds: 3), await JoinAsync("two", leaseSeconds: 3));
        await one.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Single(await LeaseAsync(one));
        var heard = 0;
        two.Disturbed = () => Interlocked.Increment(ref heard);
        await one.Node.FallSilentAsync();
        await Eventually.IsAsync("the other looks", () => Volatile.Read(ref heard) > 0);
        Assert.Single(await LeaseAsync(two));
    }

    [PostgreSqlFact]
    public async Task A_node_that_lost_its_lease_neither_leases_nor_stages_but_what_it_delivered_is_done()
    {
        var (one, two) = (await JoinAsync("one", leaseSeconds: 1), await JoinAsync("two", leaseSeconds: 1));
        var id = await one.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"));
        Assert.Single(await LeaseAsync(one));
        await one.Node.FallSilentAsync();
        await Eventually.IsAsync("the other has it", async () => (await LeaseAsync(two)).Count > 0);
        await Assert.ThrowsAsync<IOException>(async () => await LeaseAsync(one));
        Assert.Contains("lease", (await Assert.ThrowsAsync<IOException>(async () => await one.MarkStagedAsync([new StagedCopy(id, 0, "/x")], Ct))).Message, StringComparison.Ordinal);
        var later = _clock.GetUtcNow() + TimeSpan.FromHours(1);
        await one.CompleteAsync([Done(id), new RecipientUpdate(id, 1, later, "the old holder's word")], [], Ct);
        var waiting = Assert.Single((await two.FindAsync(id, Ct))!.Recipients);
        Assert.Equal((1, null), (waiting.Number, waiting.LastDiagnostic));
        Assert.True(two.IsLeased(id, 1));
    }

    [PostgreSqlFact]
    public async Task A_node_that_was_silent_goes_on_with_new_leases()
    {
        var (one, two) = (await JoinAsync("one", leaseSeconds: 1), await JoinAsync("two", leaseSeconds: 30));
        var id = await one.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Single(await LeaseAsync(one));
        // As if its machine had slept: the database thinks that it is dead.
        await _cluster.SqlAsync(_database, "UPDATE courier_queue.recipient SET node = NULL; DELETE FROM courier_queue.node WHERE name = 'one'");
        Assert.Single(await LeaseAsync(two));
        await Eventually.IsAsync("it has lost its lease", () => !one.IsLeased(id, 0));
        await Eventually.IsAsync("it works again", async () => (await _cluster.SqlAsync(_database, "SELECT count(*) FROM courier_queue.node")) == "2");
        var next = await one.SubmitAsync(Messages.Envelope("grace@example.com"));
        await Eventually.IsAsync("it leases again", async () => one.Node.Stands && (await LeaseAsync(one)).Any(entry => entry.Id == next));
    }

    [PostgreSqlFact]
    public async Task A_node_that_is_started_again_after_a_crash_has_its_mail_at_once()
    {
        var settings = SettingsOf("one");
        await using (var crashed = await PostgreSqlSpool.OpenAsync(settings, _clock, NullLogger.Instance))
        {
            await crashed.SubmitAsync(Messages.Envelope("grace@example.com"));
            Assert.Single(await LeaseAsync(crashed));
            await crashed.Node.FallSilentAsync();
        }

        var again = await PostgreSqlSpool.OpenAsync(settings, _clock, NullLogger.Instance);
        _open.Add(again);
        Assert.Single(await LeaseAsync(again));
    }

    [PostgreSqlFact]
    public async Task A_second_server_of_the_same_name_or_with_the_same_files_is_refused()
    {
        var settings = SettingsOf("one");
        _open.Add(await PostgreSqlSpool.OpenAsync(settings, _clock, NullLogger.Instance));
        var sameFiles = await Assert.ThrowsAsync<IOException>(() => PostgreSqlSpool.OpenAsync(settings with { Node = "two" }, _clock, NullLogger.Instance));
        Assert.True(SpoolOwnership.IsInUse(sameFiles));
        var sameName = await Assert.ThrowsAsync<IOException>(() => PostgreSqlSpool.OpenAsync(SettingsOf("one"), _clock, NullLogger.Instance));
        Assert.Contains("another server of the name one", sameName.Message, StringComparison.Ordinal);
    }

    [PostgreSqlFact]
    public async Task A_copy_staged_on_one_disk_is_leased_by_its_node_alone()
    {
        var (one, two) = (await JoinAsync("one"), await JoinAsync("two"));
        var id = await one.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"));
        await LeaseAsync(one);
        await one.MarkStagedAsync([new StagedCopy(id, 0, "/maildir/courier/staging/x")], Ct);
        await one.CompleteAsync([new(id, 0, _clock.GetUtcNow(), "stopped"), new(id, 1, _clock.GetUtcNow(), "stopped")], [], Ct);
        Assert.Empty(await two.StagedPathsAsync(Ct));
        Assert.Equal([1], Assert.Single(await LeaseAsync(two)).Recipients.Select(recipient => recipient.Number));
        Assert.Null(await two.NextDueAsync(Ct));
        Assert.Equal([0], Assert.Single(await LeaseAsync(one)).Recipients.Select(recipient => recipient.Number));
    }

    [PostgreSqlFact]
    public async Task Two_nodes_that_end_the_last_two_recipients_together_leave_nothing()
    {
        var (one, two) = (await JoinAsync("one"), await JoinAsync("two"));
        for (var round = 0; round < 30; round++)
        {
            var id = await one.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"));
            await Task.WhenAll(one.CompleteAsync([Done(id)], [], Ct).AsTask(), two.CompleteAsync([Done(id, 1)], [], Ct).AsTask());
        }

        Assert.Equal("0|0", await _cluster.SqlAsync(_database, "SELECT (SELECT count(*) FROM courier_queue.message), (SELECT count(*) FROM courier_queue.recipient)"));
    }

    [PostgreSqlFact]
    public async Task Callers_at_the_same_time_share_commits_and_one_that_cannot_be_stored_fails_alone()
    {
        var spool = await JoinAsync("one");
        var first = await spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        using var body = Messages.Submission(Path.GetTempPath(), Messages.Envelope("grace@example.com")).Body;
        var twice = new InsertWork(first, new Submission(Messages.Envelope("grace@example.com"), Messages.Trace, body, "x"), 0, isLeased: false, isInline: true, _ => { });
        var callers = Enumerable.Range(0, 200).Select(_ => spool.SubmitAsync(Messages.Envelope("grace@example.com"))).ToList();
        var bad = spool.Writer.RunAsync(twice, Ct);
        callers.AddRange(Enumerable.Range(0, 200).Select(_ => spool.SubmitAsync(Messages.Envelope("grace@example.com"))));
        var ids = await Task.WhenAll(callers);
        await Assert.ThrowsAsync<IOException>(() => bad);
        Assert.Equal(400, ids.Distinct().Count());
        Assert.Equal(401, (await spool.ListAsync(1000, Ct)).Count);
        Assert.InRange(spool.Writer.Commits, 1, spool.Writer.Operations / 2);
    }

    [PostgreSqlFact]
    public async Task What_was_acknowledged_is_there_after_connections_broke_and_work_goes_on()
    {
        var spool = await JoinAsync("one", leaseSeconds: 2);
        var kept = new List<QueueId>();
        for (var round = 0; round < 20; round++)
        {
            var sending = Enumerable.Range(0, 10).Select(async _ =>
            {
                try
                {
                    return await spool.SubmitAsync(Messages.Envelope("grace@example.com"), Messages.Bytes(150_000));
                }
                catch (IOException)
                {
                    return default(QueueId?);
                }
            }).ToList();
            await _cluster.SqlAsync("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{_database}'");
            kept.AddRange((await Task.WhenAll(sending)).OfType<QueueId>());
        }

        await Eventually.IsAsync("it works again", async () =>
        {
            try
            {
                kept.Add(await spool.SubmitAsync(Messages.Envelope("grace@example.com"), Messages.Bytes(150_000)));
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        });
        foreach (var id in kept)
            Assert.Equal(150_000, (await spool.OpenAsync(id, Ct))!.Value.Body.ReadAll().Length);
        await Eventually.IsAsync("it leases again", async () => spool.Node.Stands && (await LeaseAsync(spool)).Count > 0);
    }

    [PostgreSqlFact]
    public async Task A_command_reaches_the_node_that_works_on_the_message()
    {
        var one = await JoinAsync("one");
        var command = await JoinAsync("command", access: SpoolAccess.Admin);
        var id = await one.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Single(await LeaseAsync(one));
        Assert.Equal(1, await command.ChangeAsync(QueueSelection.Of(id), new QueueChange.Hold(), Ct));
        await Eventually.IsAsync("the lease is taken away", () => !one.IsLeased(id, 0));
        var heard = 0;
        one.Disturbed = () => Interlocked.Increment(ref heard);
        await command.SubmitAsync(Messages.Envelope("grace@example.com"));
        await Eventually.IsAsync("it hears of what was handed in elsewhere", () => heard > 0);
    }

    [PostgreSqlFact]
    public async Task Words_that_the_database_cannot_hold_do_not_stop_an_outcome()
    {
        var spool = await JoinAsync("one");
        var id = await spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        await spool.CompleteAsync([new RecipientUpdate(id, 0, _clock.GetUtcNow(), "451 a\0b \ud800 c")], [], Ct);
        Assert.StartsWith("451 a\ufffdb", Assert.Single((await spool.FindAsync(id, Ct))!.Recipients).LastDiagnostic, StringComparison.Ordinal);
    }

    [PostgreSqlFact]
    public async Task A_newer_schema_is_refused_and_a_password_never_shown()
    {
        await JoinAsync("one");
        await _cluster.SqlAsync(_database, "UPDATE courier_queue.meta SET value = 99 WHERE name = 'version'");
        Assert.Contains("newer version (schema 99", (await Assert.ThrowsAsync<InvalidDataException>(() => JoinAsync("two"))).Message, StringComparison.Ordinal);
        var wrong = SettingsOf("three") with { PasswordFile = Path.Combine(_states[0].Path, "wrong") };
        await File.WriteAllTextAsync(wrong.PasswordFile, "guessed-secret\n", Ct);
        var logger = new RecordingLogger();
        var refused = await Assert.ThrowsAsync<IOException>(() => PostgreSqlSpool.OpenAsync(wrong, _clock, logger));
        Assert.Contains("password authentication failed", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("guessed-secret", refused + string.Join('\n', logger.Events), StringComparison.Ordinal);
        Assert.False(PostgreSqlSpool.IsConnection("Host=db;Database=x;Password=y"));
        Assert.False(PostgreSqlSpool.IsConnection("Database=x"));
        Assert.False(PostgreSqlSpool.IsConnection("Host=db;Nonsense=1"));
        Assert.True(PostgreSqlSpool.IsConnection("Host=a,b;Database=x;Username=courier;SSL Mode=VerifyFull"));
    }

    [PostgreSqlFact]
    public async Task A_large_body_lies_on_the_disk_only_while_somebody_works_on_it()
    {
        var one = await JoinAsync("one");
        var id = await one.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"), Messages.Bytes(3_000_000));
        Assert.Equal("12", await _cluster.SqlAsync(_database, "SELECT count(*) FROM courier_queue.body"));
        await LeaseAsync(one);
        Assert.Equal(Messages.Bytes(3_000_000), (await one.OpenAsync(id, Ct))!.Value.Body.ReadAll());
        var copies = Path.Combine(_states[0].Path, "bodies");
        Assert.Single(Directory.GetFiles(copies));
        await one.CompleteAsync([Done(id)], [], Ct);
        Assert.Single(Directory.GetFiles(copies));
        await one.CompleteAsync([Done(id, 1)], [], Ct);
        Assert.Empty(Directory.GetFiles(copies));
        Assert.Equal("0", await _cluster.SqlAsync(_database, "SELECT count(*) FROM courier_queue.body"));
    }

    [PostgreSqlFact]
    public async Task A_report_is_queued_once_though_its_outcome_is_recorded_again()
    {
        var spool = await JoinAsync("one");
        var id = await spool.SubmitAsync(Messages.Envelope("grace@example.com", "joan@example.net"));
        await LeaseAsync(spool);
        foreach (var isFirst in (bool[])[true, false])
        {
            // As after a commit whose answer was lost: the same again.
            var report = Messages.Submission(Path.GetTempPath(), Messages.Envelope("ada@example.org"));
            using var body = report.Body;
            var reported = await spool.CompleteAsync([Done(id), new RecipientUpdate(id, 1, _clock.GetUtcNow() + TimeSpan.FromHours(1), "busy")], [report], Ct);
            Assert.Equal(isFirst ? 1 : 0, reported.Count);
        }

        Assert.Equal(2, (await spool.ListAsync(10, Ct)).Count);
    }
}
