using Courier.Queue;
using Courier.Queue.History;
using Courier.Queue.Scheduling;
using Courier.Queue.Sqlite;
using Courier.Testing.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>The history is bounded, costs no wait, and has the whole life of a message.</summary>
public sealed class MessageHistoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void It_is_written_a_second_after_the_first_fact_and_an_idle_one_sets_no_timer()
    {
        using var history = new MessageHistory(_directory.Path, 1 << 20, _clock, NullLogger.Instance);
        Assert.Equal(0, _clock.Armed);
        history.Add(new QueueId(1), HistoryEvent.Queued, "", "one");
        history.Add(new QueueId(1), HistoryEvent.Delivered, "grace@example.com", "two");
        Assert.Empty(MessageHistory.Read(_directory.Path, new QueueId(1)));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["one", "two"], MessageHistory.Read(_directory.Path, new QueueId(1)).Select(line => line.Text));
        Assert.Equal(0, _clock.Armed);
    }

    [Fact]
    public void The_files_stay_within_their_size_and_the_newest_are_kept()
    {
        const int bytes = 400_000;
        using var history = new MessageHistory(_directory.Path, bytes, _clock, NullLogger.Instance);
        for (var i = 1; i <= 20_000; i++)
            history.Add(new QueueId(i), HistoryEvent.Delivered, "grace@example.com", new string('x', 2000));
        history.Flush();
        var size = new DirectoryInfo(_directory.Path).EnumerateFiles().Sum(file => file.Length);
        Assert.InRange(size, bytes / 4, bytes + 400_000);
        Assert.Single(MessageHistory.Read(_directory.Path, new QueueId(20_000)));
        Assert.Empty(MessageHistory.Read(_directory.Path, new QueueId(1)));
    }

    [Fact]
    public void Without_a_size_nothing_is_kept()
    {
        using var history = new MessageHistory(Path.Combine(_directory.Path, "none"), 0, _clock, NullLogger.Instance);
        history.Add(new QueueId(1), HistoryEvent.Queued, "", "one");
        history.Flush();
        Assert.False(Directory.Exists(Path.Combine(_directory.Path, "none")));
    }

    [Fact]
    public async Task The_scheduler_tells_it_the_whole_life_of_a_message()
    {
        using var history = new MessageHistory(Path.Combine(_directory.Path, "history"), 1 << 20, _clock, NullLogger.Instance);
        await using var spool = SqliteSpool.Open(new SpoolSettings { Directory = _directory.Path }, _clock, NullLogger.Instance);
        var router = new FakeRouter();
        var answers = new Queue<OutcomeKind>([OutcomeKind.Deferred, OutcomeKind.Failed]);
        router.To("example.com", new FakeAgent((_, _) => new(answers.Dequeue())));
        router.To("example.org", new FakeAgent(OutcomeKind.Delivered));
        await using var scheduler = new Scheduler(spool, router, new FakeBounces(), new ScheduleSettings(), _clock, NullLogger.Instance, history);
        scheduler.Start();
        var id = await scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await Eventually.IsAsync("it is deferred", () => scheduler.InMemory == 0 && _clock.Armed > 0);
        await Eventually.IsAsync("the report is delivered", () =>
        {
            _clock.Advance(TimeSpan.FromMinutes(5));
            return spool.Length == 0 && scheduler.InMemory == 0;
        });
        history.Flush();
        var lines = MessageHistory.Read(Path.Combine(_directory.Path, "history"), id).ToList();
        Assert.Equal([HistoryEvent.Queued, HistoryEvent.Deferred, HistoryEvent.Bounced, HistoryEvent.Reported], lines.Select(line => line.Event));
        Assert.Contains("from <ada@example.org> for grace@example.com, 25 bytes, by 192.0.2.1", lines[0].Text, StringComparison.Ordinal);
        Assert.Contains("4.2.0 said the fake; next attempt 2026-11-21 12:05:00", lines[1].Text, StringComparison.Ordinal);
        Assert.True(QueueId.TryParse(lines[3].Text["report ".Length..], out var report));
        Assert.Equal([HistoryEvent.Queued, HistoryEvent.Delivered], MessageHistory.Read(Path.Combine(_directory.Path, "history"), report).Select(line => line.Event));
    }
}
