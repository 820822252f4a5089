using System.Diagnostics;
using Courier.IO.Sqlite;
using Courier.Queue;
using Courier.Queue.Scheduling;
using Courier.Queue.Sqlite;
using Courier.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>A queue of 100,000 messages, 1,000,000 in the long form: started, and worked with, at the cost of a small one.</summary>
[Collection(WeighedAlone.Name)]
public sealed class LargeQueueTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new();

    private static bool IsLong => Environment.GetEnvironmentVariable("COURIER_TEST_LONG") == "1";

    private static int Count => IsLong ? 1_000_000 : 100_000;

    public void Dispose() => _directory.Dispose();

    private SpoolSettings Settings => new() { Directory = _directory.Path };

    /// <summary>Rows as the spool itself writes them, without a commit for each: bodies of one kilobyte, all to be tried tomorrow but one.</summary>
    private async Task<QueueId> FillAsync(int messages)
    {
        QueueId due;
        await using (var spool = SqliteSpool.Open(Settings, _clock, NullLogger.Instance))
            due = await spool.SubmitAsync(Messages.Envelope("due@example.com"), Messages.Bytes(1000));
        using var database = new SqliteDatabase(Settings.DatabasePath);
        database.Execute("PRAGMA synchronous=OFF");
        var arrival = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        var body = Messages.Bytes(1000);
        database.InTransaction(() =>
        {
            for (var n = 1; n <= messages; n++)
            {
                database.Prepare("INSERT INTO message(id, arrival, sender, flags, origin, length, trace, body) VALUES(?,?,'ada@example.org',0,'192.0.2.1',1000,'',?)")
                    .Bind(1, due.Value + n).Bind(2, arrival).Bind(3, body).Run();
                database.Prepare("INSERT INTO recipient(message, number, address, domain, notify, attempts, next_attempt) VALUES(?,0,?,'example.com',0,0,?)")
                    .Bind(1, due.Value + n).Bind(2, $"u{n}@example.com").Bind(3, arrival + 86_400_000 + n).Run();
            }

            database.Prepare("UPDATE meta SET value=? WHERE name='highest_id'").Bind(1, due.Value + messages + QueueIds.Block).Run();
        });
        return due;
    }

    [Fact]
    public async Task A_start_reads_no_bodies_and_the_next_due_message_leaves_at_once()
    {
        var due = await FillAsync(Count);
        var delivered = new TaskCompletionSource<QueueId>();
        var router = new FakeRouter();
        router.To("example.com", new FakeAgent((job, _) =>
        {
            delivered.TrySetResult(job.Id);
            return new(OutcomeKind.Delivered);
        }));
        GC.Collect();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var begun = Stopwatch.GetTimestamp();
        await using var spool = SqliteSpool.Open(Settings, _clock, NullLogger.Instance);
        var opened = Stopwatch.GetElapsedTime(begun);
        await using var scheduler = new Scheduler(spool, router, new FakeBounces(), new ScheduleSettings(), _clock, NullLogger.Instance);
        scheduler.Start();
        Assert.Equal(due, await delivered.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        var left = Stopwatch.GetElapsedTime(begun);
        await Eventually.IsAsync("it is idle", () => spool.Leases.Count == 0 && scheduler.InMemory == 0 && _clock.Armed == 1);
        var bytes = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        output.WriteLine($"{Count} messages: opened in {opened.TotalMilliseconds:0} ms, the due one left after {left.TotalMilliseconds:0} ms, {bytes / 1024} KiB allocated");
        Assert.Equal(Count, spool.Length);
        // Nothing is made for a message that is not due: some hundred kilobytes for connections, whatever the queue holds.
        Assert.InRange(bytes, 0, 8 << 20);
        if (IsLong)
            Assert.True(left < TimeSpan.FromSeconds(5), $"{left}");
    }

    [Fact]
    public async Task What_a_message_costs_does_not_grow_with_the_queue()
    {
        var small = await StepsAsync(1_000);
        Directory.Delete(_directory.Path, recursive: true);
        Directory.CreateDirectory(_directory.Path);
        var large = await StepsAsync(IsLong ? Count : 50_000);
        output.WriteLine($"steps of SQLite's machine for 50 messages: {small} beside 1,000, {large} beside many");
        // A deeper tree is a step or two more; anything that looked at the others would be thousands.
        Assert.InRange(large, 1, small * 1.3);
    }

    /// <summary>Steps for 50 messages that come and go.</summary>
    private async Task<long> StepsAsync(int messages)
    {
        await FillAsync(messages);
        await using var spool = SqliteSpool.Open(Settings, _clock, NullLogger.Instance);
        var first = Assert.Single(await spool.LeaseDueAsync(_clock.GetUtcNow(), 10, CancellationToken.None));
        await spool.CompleteAsync([new RecipientUpdate(first.Id, 0, null, null)], [], CancellationToken.None);
        await RoundAsync(spool);
        var before = spool.Writer.Steps + spool.Reader.Steps;
        for (var n = 0; n < 50; n++)
            await RoundAsync(spool);
        return spool.Writer.Steps + spool.Reader.Steps - before;
    }

    private async Task RoundAsync(SqliteSpool spool)
    {
        var id = await spool.SubmitAsync(Messages.Envelope("grace@example.com"));
        Assert.Equal(id, Assert.Single(await spool.LeaseDueAsync(_clock.GetUtcNow(), 10, CancellationToken.None)).Id);
        Assert.NotNull(await spool.NextDueAsync(CancellationToken.None));
        Assert.NotNull(await spool.OpenAsync(id, CancellationToken.None));
        await spool.CompleteAsync([new RecipientUpdate(id, 0, null, null)], [], CancellationToken.None);
    }
}
