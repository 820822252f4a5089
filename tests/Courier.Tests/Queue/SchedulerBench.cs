using System.Diagnostics;
using Courier.Queue;
using Courier.Queue.Scheduling;
using Courier.Queue.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Queue;

/// <summary>A scheduler over a real spool, with a clock that the test moves.</summary>
#pragma warning disable CA1001 // xunit ends it by IAsyncLifetime
public abstract class SchedulerBench : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();

    private protected static CancellationToken Ct => CancellationToken.None;

    private protected ManualClock Clock { get; } = new();

    private protected FakeRouter Router { get; } = new();

    private protected FakeBounces Bounces { get; } = new();

    private protected SqliteSpool Spool { get; private set; } = null!;

    private protected Scheduler Scheduler { get; private set; } = null!;

    /// <summary>They count from the next <see cref="RestartAsync"/> on.</summary>
    private protected ScheduleSettings Settings { get; set; } = new();

    public Task InitializeAsync()
    {
        Open();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Scheduler.DisposeAsync();
        await Spool.DisposeAsync();
        _directory.Dispose();
    }

    private void Open()
    {
        Spool = SqliteSpool.Open(new SpoolSettings { Directory = _directory.Path }, Clock, NullLogger.Instance);
        Scheduler = new Scheduler(Spool, Router, Bounces, Settings, Clock, NullLogger.Instance);
    }

    private protected async Task RestartAsync()
    {
        await Scheduler.DisposeAsync();
        await Spool.DisposeAsync();
        Open();
    }

    private protected static async Task EventuallyAsync(Func<bool> condition)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(20), "it did not happen in time");
            await Task.Delay(2);
        }
    }

    private protected Task QueueEmptyAsync() => EventuallyAsync(() => Spool.Length == 0 && Scheduler.InMemory == 0);

    private protected Task IdleAsync() => EventuallyAsync(() => Scheduler.InMemory == 0 && Spool.Leases.Count == 0);

    private protected async Task<QueuedRecipient> WaitingAsync(QueueId id) => Assert.Single((await Spool.FindAsync(id, Ct))!.Recipients);

    /// <summary>Lets an hour pass, and another, each with the attempts that fall due in it.</summary>
    private protected async Task AdvanceAsync(TimeSpan time)
    {
        for (var step = TimeSpan.FromMinutes(59); time > TimeSpan.Zero; time -= step)
        {
            await IdleAsync();
            step = time < step ? time : step;
            Clock.Advance(step);
            await EventuallyAsync(() => Scheduler.InMemory == 0);
            await Task.Delay(20);
        }

        await IdleAsync();
    }
}
