using System.Threading.Channels;

namespace Courier.Queue.Scheduling;

/// <summary>Wakes the scheduler: at once, or at the earliest of the times it was set for. Signals that come together wake once.</summary>
internal sealed class Alarm : IDisposable
{
    /// <summary>Timers take no more than 49 days; waking once a day for nothing costs nothing.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromDays(1);

    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private DateTimeOffset _setFor = DateTimeOffset.MaxValue;

    internal Alarm(TimeProvider clock)
    {
        _clock = clock;
        _timer = clock.CreateTimer(_ => Ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal void Wake() => _signals.Writer.TryWrite(true);

    internal void SetFor(DateTimeOffset time)
    {
        lock (_gate)
        {
            if (time >= _setFor)
                return;
            _setFor = time;
            var wait = time - _clock.GetUtcNow();
            _timer.Change(wait <= TimeSpan.Zero ? TimeSpan.Zero : wait < LongestSleep ? wait : LongestSleep, Timeout.InfiniteTimeSpan);
        }
    }

    /// <returns>False once cancelled.</returns>
    internal async ValueTask<bool> WaitAsync(CancellationToken ct)
    {
        try
        {
            return await _signals.Reader.ReadAsync(ct);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Ring()
    {
        // Whoever wakes looks up the next due time and sets the timer again.
        lock (_gate)
            _setFor = DateTimeOffset.MaxValue;
        Wake();
    }
}
