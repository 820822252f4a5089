using Microsoft.Extensions.Logging;

namespace Courier.Queue.Scheduling;

/// <summary>Brings what is due from the spool into memory.</summary>
/// <remarks><para>Why no due time is ever missed. A recipient that waits is in one of two states. Not leased: then the look for due
/// rows or <see cref="ISpool.NextDueAsync"/> sees it, for both read leases and rows under one lock, and a lease is let go only
/// after the commit that wrote the next time. Leased: then whoever ends the lease sets the alarm for the time it wrote
/// (<see cref="Settlement"/>), after that commit.</para>
/// <para>So when NextDue passed over a recipient because it was leased, its time reaches the alarm from the other side, before or
/// after; <see cref="Alarm"/> keeps the earlier of the two. An alarm that rings meanwhile leaves a signal, and a signal is only
/// taken before a look, never after one.</para></remarks>
internal sealed class LeaseLoop(
    ISpool spool, Settlement settlement, Destinations destinations, MemoryRoom memory, Alarm alarm, ClockWatch watch, ScheduleSettings settings, TimeProvider clock, ILogger logger,
    Action<QueuedMessage> admit, CancellationToken stop)
{
    /// <summary>Messages leased by one look into the spool.</summary>
    private const int LeaseBatch = 256;

    internal async Task RunAsync()
    {
        var failures = 0;
        // The last run's clock may have been wrong, too.
        var isClockSetBack = true;
        while (await alarm.WaitAsync(stop))
        {
            try
            {
                watch.Look();
                if (isClockSetBack |= watch.TakeWentBack())
                    await BringForwardAsync();
                isClockSetBack = false;
                await LeaseAsync();
                failures = 0;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException e)
            {
                var wait = settlement.StorageWait(failures++);
                Log.LeaseFailed(logger, wait, e);
                alarm.SetFor(clock.GetUtcNow() + wait);
            }
            catch (Exception e)
            {
                // A fault of ours, a row that cannot be understood: whatever it is, the queue does not stand still for it.
                Log.LeaseFault(logger, e);
                alarm.SetFor(clock.GetUtcNow() + settings.LongestStorageRetry);
            }
        }
    }

    /// <summary>No retry is ever set further ahead than the longest wait: what waits for longer got its time from a clock that was wrong, and is due.</summary>
    private async Task BringForwardAsync()
    {
        var count = await spool.ChangeAsync(QueueSelection.All, new QueueChange.Retry(clock.GetUtcNow() + settings.LongestWait), stop);
        if (count > 0)
            Log.BroughtForward(logger, count);
    }

    private async Task LeaseAsync()
    {
        while (true)
        {
            var room = memory.Reserve(LeaseBatch);
            if (room == 0)
            {
                await MakeRoomAsync();
                room = memory.Reserve(LeaseBatch);
            }

            if (room == 0)
            {
                memory.RunShort();
                // Those that hang now may give way the next time.
                alarm.SetFor(clock.GetUtcNow() + settings.StalledAfter);
                return;
            }

            var entries = await LeaseAsync(room);
            foreach (var entry in entries)
            {
                memory.Enter(entry.Envelope.Sender);
                admit(new QueuedMessage(entry.Id, entry.Envelope, entry.Arrival, entry.Recipients) { Origin = entry.Origin });
            }

            if (entries.Count < room)
                break;
        }

        memory.CatchUp();
        if (await spool.NextDueAsync(stop) is { } next)
            alarm.SetFor(next);
    }

    private async Task<IReadOnlyList<QueueEntry>> LeaseAsync(int room)
    {
        var entries = (IReadOnlyList<QueueEntry>)[];
        try
        {
            entries = await spool.LeaseDueAsync(clock.GetUtcNow(), room, stop);
            return entries;
        }
        finally
        {
            memory.Release(room - entries.Count);
        }
    }

    /// <summary>Memory is full, and mail that could go waits in the spool: attempts that last give up the places of their messages, and what waits behind
    /// those that hang goes back to the spool.</summary>
    private async Task MakeRoomAsync()
    {
        foreach (var (destination, deliveries) in destinations.TakeStalled())
        {
            Log.PutBack(logger, destination, deliveries.Count, settings.StalledWait);
            foreach (var batch in deliveries.Chunk(LeaseBatch))
            {
                await settlement.PutBackAsync(batch, alarm);
                foreach (var delivery in batch)
                    memory.Settled(delivery.Message, delivery.Recipients.Count);
            }
        }
    }
}
