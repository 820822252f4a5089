namespace Courier.Queue.Scheduling;

/// <summary>An attempt that runs.</summary>
internal sealed class RunningAttempt(Delivery delivery, long began)
{
    internal Delivery Delivery { get; } = delivery;

    internal long Began { get; } = began;

    /// <summary>It has lasted, and no longer has one of the places.</summary>
    internal bool IsSlow { get; set; }

    /// <summary>Its place among those that may become slow.</summary>
    internal LinkedListNode<RunningAttempt>? ByAge { get; set; }
}

/// <summary>The attempts that run, in two lanes. One that has lasted for some seconds waits for another server, and that costs a socket and some memory:
/// when the places are all taken it moves to the slow lane, and its place is free. So servers that hang take places from each other for seconds, and from
/// nobody for as long as a connection may take. Guarded by the lock of <see cref="Destinations"/>.</summary>
/// <remarks>Only attempts at other servers become slow: those at our own mailboxes keep disks and processors busy.</remarks>
internal sealed class AttemptLanes(ScheduleSettings settings, TimeProvider clock, Action<Delivery> slowed)
{
    private readonly LinkedList<RunningAttempt> _byAge = [];
    private int _quick;
    private int _slow;

    internal int Count => _quick + _slow;

    /// <summary>Half of the places are taken, or would be.</summary>
    internal bool IsHalfFull => Count >= settings.AttemptsAtOnce / 2;

    /// <summary>How long until one that runs makes room; null: there is room, or none can be made.</summary>
    internal TimeSpan? UntilRoom => _quick < settings.AttemptsAtOnce ? null : UntilSlow;

    private TimeSpan? UntilSlow
    {
        get
        {
            if (_slow >= settings.SlowAttempts || _byAge.First is not { } oldest)
                return null;
            var left = settings.SlowAfter - clock.GetElapsedTime(oldest.Value.Began);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Whether one more may begin; moves the oldest out of the way where that helps.</summary>
    internal bool HasRoom() => _quick < settings.AttemptsAtOnce || TryMoveOldest();

    /// <summary>Moves all that have lasted long enough, so far as the slow lane has room.</summary>
    internal void MoveSlow()
    {
        while (TryMoveOldest())
        {
        }
    }

    private bool TryMoveOldest()
    {
        if (UntilSlow != TimeSpan.Zero)
            return false;
        var oldest = _byAge.First!.Value;
        Forget(oldest);
        (oldest.IsSlow, _quick, _slow) = (true, _quick - 1, _slow + 1);
        slowed(oldest.Delivery);
        return true;
    }

    internal RunningAttempt Begin(Delivery delivery)
    {
        var attempt = new RunningAttempt(delivery, clock.GetTimestamp());
        if (delivery.Agent.IsRemote)
            attempt.ByAge = _byAge.AddLast(attempt);
        _quick++;
        return attempt;
    }

    internal void End(RunningAttempt attempt)
    {
        Forget(attempt);
        if (attempt.IsSlow)
            _slow--;
        else
            _quick--;
    }

    private void Forget(RunningAttempt attempt)
    {
        if (attempt.ByAge is { } node)
            _byAge.Remove(node);
        attempt.ByAge = null;
    }
}
