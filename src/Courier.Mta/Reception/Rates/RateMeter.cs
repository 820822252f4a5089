namespace Courier.Mta.Reception.Rates;

/// <summary>Holds everybody to one rate: a bucket for each that empties evenly. One number is kept for each, and none for whoever is at rest.</summary>
/// <remarks>The number is the time at which the bucket will be empty; it may lie ahead by <see cref="Rate.Per"/> at most. In memory: a restart forgives.</remarks>
internal sealed class RateMeter<TKey>(Rate rate, int entriesMax, TimeProvider clock)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, long> _empty = [];
    private readonly long _step = Math.Max(1, rate.Per.Ticks / rate.Count);

    /// <summary>For tests: how many are remembered.</summary>
    internal int Entries
    {
        get
        {
            lock (_gate)
                return _empty.Count;
        }
    }

    /// <summary>Takes one more, if it may come now.</summary>
    internal bool TryTake(TKey who)
    {
        // Not the hands of a clock on the wall, which may go back.
        var now = clock.GetElapsedTime(0, clock.GetTimestamp()).Ticks;
        lock (_gate)
        {
            var known = _empty.TryGetValue(who, out var empty);
            var next = Math.Max(known ? empty : now, now) + _step;
            // Counted in steps, so that what division lost never costs the last one.
            if (next - now > _step * rate.Count)
                return false;
            if (!known && _empty.Count >= entriesMax)
                MakeRoom(now);
            _empty[who] = next;
            return true;
        }
    }

    /// <summary>Forgets those at rest; where they are not enough, those who will be soonest.</summary>
    private void MakeRoom(long now)
    {
        const int tenth = 10;
        foreach (var (who, empty) in _empty)
        {
            if (empty <= now)
                _empty.Remove(who);
        }

        if (_empty.Count < entriesMax - (entriesMax / tenth))
            return;
        foreach (var (who, _) in _empty.OrderBy(pair => pair.Value).Take((entriesMax / tenth) + 1).ToList())
            _empty.Remove(who);
    }
}
