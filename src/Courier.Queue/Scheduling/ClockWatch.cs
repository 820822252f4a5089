namespace Courier.Queue.Scheduling;

/// <summary>Notices that the clock was set: it moved further, or less far, than time passed. Mail must not be given up for days that nobody lived through, nor
/// wait for a time that was written by a wrong clock. Thread-safe.</summary>
/// <remarks>A machine that slept looks the same, and should: nothing was tried meanwhile.</remarks>
internal sealed class ClockWatch
{
    /// <summary>A clock that is only steered stays well below that between two looks.</summary>
    private static readonly TimeSpan _tolerance = TimeSpan.FromMinutes(2);

    /// <summary>Older ones are forgotten: by then they are about mail that has left.</summary>
    private const int JumpsMax = 16;

    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly List<(DateTimeOffset Before, TimeSpan By)> _forward = [];
    private DateTimeOffset _seen;
    private long _stamp;
    private bool _wentBack;

    internal ClockWatch(TimeProvider clock)
    {
        _clock = clock;
        (_seen, _stamp) = (clock.GetUtcNow(), clock.GetTimestamp());
    }

    /// <returns>By how much the clock was set since the last look; zero: it was not.</returns>
    internal TimeSpan Look()
    {
        lock (_gate)
        {
            var (now, stamp) = (_clock.GetUtcNow(), _clock.GetTimestamp());
            var jump = now - _seen - _clock.GetElapsedTime(_stamp, stamp);
            (_seen, _stamp) = (now, stamp);
            if (jump.Duration() < _tolerance)
                return TimeSpan.Zero;
            if (jump > TimeSpan.Zero)
                _forward.Add((now - jump, jump));
            else
                TakeBack(-jump);
            _wentBack |= jump < TimeSpan.Zero;
            if (_forward.Count > JumpsMax)
                _forward.RemoveAt(0);
            return jump;
        }
    }

    /// <summary>Whether the clock was set back since this was last asked.</summary>
    internal bool TakeWentBack()
    {
        lock (_gate)
        {
            var wentBack = _wentBack;
            _wentBack = false;
            return wentBack;
        }
    }

    /// <summary>How old something is that began then, without the time that the clock left out.</summary>
    internal TimeSpan AgeOf(DateTimeOffset begin)
    {
        lock (_gate)
        {
            var left = _clock.GetUtcNow() - begin;
            foreach (var (before, by) in _forward)
            {
                if (begin <= before)
                    left -= by;
            }

            return left;
        }
    }

    /// <summary>A clock that is set right again undoes what it did before.</summary>
    private void TakeBack(TimeSpan by)
    {
        while (by > TimeSpan.Zero && _forward.Count > 0)
        {
            var (before, forward) = _forward[^1];
            _forward.RemoveAt(_forward.Count - 1);
            if (forward - by > _tolerance)
                _forward.Add((before, forward - by));
            by -= forward;
        }
    }
}
