using System.Diagnostics;
using Courier.Queue;
using Courier.Queue.Scheduling;

namespace Courier.Tests.Queue;

/// <summary>How messages go from memory and from the spool to their agents.</summary>
public sealed class SchedulerTests : SchedulerBench
{
    [Fact]
    public async Task A_fresh_message_is_delivered_from_memory_and_forgotten()
    {
        var agent = new FakeAgent(OutcomeKind.Delivered);
        Router.To("example.com", agent);
        Scheduler.Start();
        var id = await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"), "fresh\r\n"u8.ToArray());
        await QueueEmptyAsync();
        var job = Assert.Single(agent.Jobs);
        Assert.Equal((id, "to:example.com", Clock.GetUtcNow()), (job.Id, job.Destination, job.Arrival));
        Assert.Equal("fresh\r\n"u8.ToArray(), job.Body.ReadAll());
        Assert.Equal(Messages.Trace, job.Trace.ToArray());
        Assert.Null(job.Body.FilePath);
    }

    [Theory]
    [InlineData(200_000, 64 * 1024)] // spilled to a file while it arrived
    [InlineData(200_000, 1024 * 1024)] // in memory, too large to be kept in the database
    [InlineData(1_000, 100)]
    public async Task A_large_message_is_delivered_whole(int length, int memoryLimit)
    {
        // 2026-11: the body of a message that had gone to a file was delivered empty.
        byte[]? received = null;
        Router.To("example.com", new FakeAgent((job, _) =>
        {
            received = job.Body.ReadAll();
            return new(OutcomeKind.Delivered);
        }));
        Scheduler.Start();
        var body = Messages.Bytes(length);
        await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"), body, memoryLimit);
        await QueueEmptyAsync();
        Assert.Equal(body, received);
    }

    [Fact]
    public async Task Recipients_are_grouped_by_destination()
    {
        var one = new FakeAgent(OutcomeKind.Delivered);
        var two = new FakeAgent(OutcomeKind.Relayed);
        Router.To("example.com", one);
        Router.To("example.net", two, "relay");
        Router.To("example.edu", two, "relay");
        Scheduler.Start();
        await Scheduler.SubmitAsync(Messages.Envelope("a@example.com", "b@example.net", "c@example.com", "d@example.edu"));
        await QueueEmptyAsync();
        Assert.Equal([0, 2], Assert.Single(one.Jobs).Recipients.Select(recipient => recipient.Number));
        Assert.Equal([1, 3], Assert.Single(two.Jobs).Recipients.Select(recipient => recipient.Number));
    }

    [Fact]
    public async Task Among_those_that_wait_the_higher_priority_goes_first()
    {
        var gate = new TaskCompletionSource();
        var agent = new FakeAgent(async (_, ct) =>
        {
            await gate.Task.WaitAsync(ct);
            return OutcomeKind.Delivered;
        })
        {
            AttemptsAtOnce = 1,
        };
        Router.To("example.com", agent);
        Scheduler.Start();
        await Scheduler.SubmitAsync(Messages.Envelope("first@example.com"));
        await EventuallyAsync(() => agent.Jobs.Count == 1);
        foreach (var priority in new[] { -3, 0, 5, 0, 9 })
        {
            await Scheduler.SubmitAsync(Messages.Envelope($"p{priority}@example.com") with { Priority = priority });
            await Task.Delay(30);
        }

        gate.SetResult();
        await QueueEmptyAsync();
        Assert.Equal([0, 9, 5, 0, 0, -3], agent.Jobs.Select(job => job.Envelope.Priority));
    }

    [Fact]
    public async Task A_slow_destination_fills_its_own_places_only()
    {
        var release = new TaskCompletionSource();
        var slow = new FakeAgent(async (_, ct) =>
        {
            await release.Task.WaitAsync(ct);
            return OutcomeKind.Relayed;
        });
        var quick = new FakeAgent(OutcomeKind.Relayed);
        Router.To("slow.example", slow);
        Router.To("quick.example", quick);
        Settings = new ScheduleSettings { AttemptsAtOnce = 10, AttemptsPerDestination = 4 };
        await RestartAsync();
        Scheduler.Start();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => Scheduler.SubmitAsync(Messages.Envelope($"u{n}@slow.example"))));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(n => Scheduler.SubmitAsync(Messages.Envelope($"u{n}@quick.example"))));
        await EventuallyAsync(() => quick.Jobs.Count == 50);
        Assert.Equal(4, slow.Jobs.Count);
        release.SetResult();
        await QueueEmptyAsync();
        Assert.Equal((50, 4), (slow.Jobs.Count, slow.MostAtOnce));
        Assert.InRange(quick.MostAtOnce, 1, 4);
    }

    [Fact]
    public async Task More_than_memory_holds_waits_in_the_spool_and_is_delivered_all_the_same()
    {
        var agent = new FakeAgent(async (_, ct) =>
        {
            await Task.Yield();
            return OutcomeKind.Delivered;
        });
        Router.To("example.com", agent);
        Settings = new ScheduleSettings { MessagesInMemory = 16, BodyMemoryBytes = 300 };
        await RestartAsync();
        Scheduler.Start();
        var ids = await Task.WhenAll(Enumerable.Range(0, 300).Select(n => Scheduler.SubmitAsync(Messages.Envelope($"u{n}@example.com"), Messages.Bytes(100))));
        await QueueEmptyAsync();
        Assert.Equal(ids.Order(), agent.Jobs.Select(job => job.Id).Order());
        Assert.All(agent.Jobs, job => Assert.Equal(100, job.Body.Length));
    }

    [Fact]
    public async Task A_batch_has_no_more_recipients_than_its_setting()
    {
        Settings = new ScheduleSettings { RecipientsPerAttempt = 3 };
        await RestartAsync();
        var agent = new FakeAgent(OutcomeKind.Delivered);
        Router.To("example.com", agent);
        Scheduler.Start();
        await Scheduler.SubmitAsync(Messages.Envelope([.. Enumerable.Range(0, 8).Select(n => $"u{n}@example.com")]));
        await QueueEmptyAsync();
        Assert.Equal([2, 3, 3], agent.Jobs.Select(job => job.Recipients.Count).Order());
    }

    [Fact]
    public async Task Completions_of_many_messages_share_commits()
    {
        var all = new TaskCompletionSource();
        var count = 0;
        var agent = new FakeAgent(async (_, ct) =>
        {
            if (Interlocked.Increment(ref count) == 100)
                all.SetResult();
            await all.Task.WaitAsync(ct);
            return OutcomeKind.Delivered;
        })
        { AttemptsAtOnce = 100 };
        Router.To("example.com", agent);
        Scheduler.Start();
        for (var i = 0; i < 99; i++)
            await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        var before = Spool.Writer.Commits;
        await Scheduler.SubmitAsync(Messages.Envelope("grace@example.com"));
        await QueueEmptyAsync();
        Assert.InRange(Spool.Writer.Commits - before, 2, 60);
    }

    [Fact]
    public async Task Ten_thousand_queued_messages_are_opened_and_begun_within_seconds()
    {
        for (var batch = 0; batch < 40; batch++)
            await Task.WhenAll(Enumerable.Range(0, 250).Select(n => Spool.SubmitAsync(Messages.Envelope($"u{n}@example.com"))));
        var agent = new FakeAgent(OutcomeKind.Delivered);
        Router.To("example.com", agent);
        var begun = Stopwatch.GetTimestamp();
        await RestartAsync();
        Scheduler.Start();
        await EventuallyAsync(() => !agent.Jobs.IsEmpty);
        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(30), $"{Stopwatch.GetElapsedTime(begun)}");
    }
}
