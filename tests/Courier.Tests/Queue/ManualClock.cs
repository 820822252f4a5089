namespace Courier.Tests.Queue;

/// <summary>Time that moves only when a test says so; timers fire on the thread that moves it.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    /// <summary>What timers go by: never set, only passing.</summary>
    private DateTimeOffset _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that are set: what an idle scheduler keeps.</summary>
    internal int Armed
    {
        get
        {
            lock (_gate)
                return _timers.Count(timer => timer.Due < DateTimeOffset.MaxValue);
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now;
    }

    public override long GetTimestamp()
    {
        lock (_gate)
            return _passed.Ticks;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        lock (_gate)
            _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    internal void Advance(TimeSpan by)
    {
        lock (_gate)
            (_now, _passed) = (_now + by, _passed + by);
        Fire();
    }

    /// <summary>The clock is set, and no time passes.</summary>
    internal void Set(TimeSpan by) => SetBack(-by);

    internal void SetBack(TimeSpan by)
    {
        lock (_gate)
            _now -= by;
    }

    private void Fire()
    {
        while (true)
        {
            ManualTimer? due;
            lock (_gate)
            {
                due = _timers.Where(timer => timer.Due <= _passed).MinBy(timer => timer.Due);
                if (due is null)
                    return;
                due.Due = DateTimeOffset.MaxValue;
            }

            due.Call();
        }
    }

    private sealed class ManualTimer(ManualClock clock, Action call) : ITimer
    {
        internal DateTimeOffset Due { get; set; } = DateTimeOffset.MaxValue;

        internal void Call() => call();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
                Due = dueTime == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : clock._passed + dueTime;
            // As a real timer that is due at once: soon, and not under the caller's locks.
            if (dueTime == TimeSpan.Zero)
                ThreadPool.QueueUserWorkItem(_ => clock.Fire());
            return true;
        }

        public void Dispose()
        {
            lock (clock._gate)
                clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
