using Courier.Imap.Commands;
using Courier.Shared.Imap;

namespace Courier.Tests.Imap;

/// <summary>Thunderbird under COMPRESS overlooked what came in one read with the continuation of IDLE.</summary>
public sealed class IdleContinuationTests
{
    [Fact]
    public async Task What_happened_before_IDLE_comes_a_moment_after_the_continuation()
    {
        var clock = new HeldMoment();
        await using var host = new ImapHost(clock: clock);
        var client = await host.SelectAsync();
        await (await host.LogInAsync()).AppendAsync("INBOX", "Subject: before\r\n\r\n");
        await client.SendAsync("i IDLE\r\n");
        Assert.Equal("+ idling", await client.ReadLineAsync());
        await clock.Asked;
        var line = client.ReadLineAsync();
        Assert.False(line.IsCompleted);
        clock.Pass();
        Assert.Equal("* 1 EXISTS", await line);
    }

    /// <summary>Time goes on, except for the moment, which ends when the test says so.</summary>
    private sealed class HeldMoment : TimeProvider
    {
        private readonly TaskCompletionSource<Action> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _end.Task.WaitAsync(TimeSpan.FromSeconds(20));

        public void Pass() => _end.Task.Result();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != IdleCommand.Moment)
                return base.CreateTimer(callback, state, dueTime, period);
            _end.TrySetResult(() => callback(state));
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        }
    }
}
