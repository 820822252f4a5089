namespace Courier.Queue.Scheduling;

/// <summary>Makes attempts: as many at once as the destinations and the places allow, and the next when one is over.</summary>
internal sealed class Attempts : IDisposable
{
    private readonly Destinations _destinations;
    private readonly Settlement _settlement;
    private readonly MemoryRoom _memory;
    private readonly Alarm _alarm;
    private readonly ITimer _room;
    private readonly CancellationToken _stop;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Attempts(Destinations destinations, Settlement settlement, MemoryRoom memory, Alarm alarm, TimeProvider clock, CancellationToken stop)
    {
        (_destinations, _settlement, _memory, _alarm, _stop) = (destinations, settlement, memory, alarm, stop);
        _room = clock.CreateTimer(static attempts => ((Attempts)attempts!).Start(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Begins those that may begin.</summary>
    internal void Start()
    {
        while (!_stop.IsCancellationRequested && _destinations.TryTake(out var attempt))
            ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Attempts.RunAsync(state.Attempt), (Attempts: this, Attempt: attempt!), preferLocal: false);
        if (!_stop.IsCancellationRequested && _destinations.UntilRoom is { } wait)
            _room.Change(wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends when no attempt runs any more; after the stop.</summary>
    internal Task EndAsync()
    {
        EndIfIdle();
        return _ended.Task;
    }

    public void Dispose() => _room.Dispose();

    private async Task RunAsync(RunningAttempt attempt)
    {
        var delivery = attempt.Delivery;
        var feedback = Feedback.None;
        try
        {
            feedback = await AttemptOrLetGoAsync(delivery);
        }
        finally
        {
            // Whatever happened, the place is free again and the next may begin.
            _destinations.Ended(attempt, feedback);
            _memory.Settled(delivery.Message, delivery.Recipients.Count, attempt.IsSlow);
            Start();
            if (_stop.IsCancellationRequested)
                EndIfIdle();
        }
    }

    private async Task<Feedback> AttemptOrLetGoAsync(Delivery delivery)
    {
        try
        {
            return await _settlement.AttemptAsync(delivery, _alarm);
        }
        catch (OperationCanceledException)
        {
            // Stopped: it stays queued.
        }
        catch (Exception e)
        {
            await _settlement.LetGoAsync(delivery.Message, delivery.Recipients, e, _alarm);
        }

        return Feedback.None;
    }

    private void EndIfIdle()
    {
        if (_destinations.Running == 0)
            _ended.TrySetResult();
    }
}
