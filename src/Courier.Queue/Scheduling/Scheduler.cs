using System.Threading.Channels;
using Courier.Queue.History;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.Scheduling;

/// <summary>Brings queued messages to where they go: routes them, gives each destination its turns, and makes attempts when they
/// are due.</summary>
/// <remarks><para>What it accepts (<see cref="SubmitAsync"/>) goes from memory to its first attempt; what waited, or did not fit, is leased from
/// the spool. It never polls: it acts on submissions, on <see cref="ISpool.Disturbed"/> and on one timer set to the next due time.</para>
/// <para>A message in memory is always leased, so two attempts never have the same recipient; a lease ends when the outcome is
/// committed. Whatever a stop or a crash interrupts is still queued.</para></remarks>
public sealed partial class Scheduler : ISubmission, IAsyncDisposable
{
    /// <summary>Messages leased by one look into the spool.</summary>
    private const int LeaseBatch = 256;

    private readonly ISpool _spool;
    private readonly IRouter _router;
    private readonly ScheduleSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly MessageHistory? _history;
    private readonly Destinations _destinations;
    private readonly Settlement _settlement;
    private readonly Alarm _alarm;
    private readonly SenderShares _shares;
    private readonly ClockWatch _watch;
    private readonly Channel<QueuedMessage> _toRoute;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loops = Task.CompletedTask;
    private int _inMemory;
    private long _bodyBytes;
    private volatile bool _backlog;
    private volatile bool _running;

    public Scheduler(ISpool spool, IRouter router, IBounceWriter bounces, ScheduleSettings settings, TimeProvider clock, ILogger logger, MessageHistory? history = null,
        TroubledRecipients? trouble = null)
    {
        (_spool, _router, _settings, _clock, _logger, _history) = (spool, router, settings, clock, logger, history);
        _destinations = new Destinations(settings.AttemptsAtOnce, settings.AttemptsPerDestination);
        _watch = new ClockWatch(clock);
        _settlement = new Settlement(spool, bounces, settings, clock, logger, history, trouble ?? TroubledRecipients.None, _watch, _stop.Token);
        _alarm = new Alarm(clock);
        // A place is reserved before a message is written: there is always room.
        _shares = new SenderShares(settings.MessagesInMemory);
        _toRoute = Channel.CreateBounded<QueuedMessage>(settings.MessagesInMemory + _shares.Places);
    }

    /// <summary>Messages in memory: being routed, waiting for their turn or being attempted.</summary>
    public int InMemory => Volatile.Read(ref _inMemory);

    /// <summary>Begins with everything that is due, staged copies first.</summary>
    public void Start()
    {
        _spool.Disturbed = _alarm.Wake;
        _running = true;
        var routers = Enumerable.Range(0, _settings.RoutingAtOnce).Select(_ => RouteLoopAsync());
        _loops = Task.WhenAll([LeaseLoopAsync(), .. routers]);
        _alarm.Wake();
    }

    /// <summary>Looks for due messages now, as after a change by another.</summary>
    public void Wake() => _alarm.Wake();

    /// <summary>Ends within <see cref="ScheduleSettings.StopLimit"/>: attempts in flight are cancelled and stay queued.</summary>
    public async Task StopAsync()
    {
        if (!_running)
            return;
        _running = false;
        _spool.Disturbed = null;
        await _stop.CancelAsync();
        if (_destinations.Running == 0)
            _drained.TrySetResult();
        try
        {
            await Task.WhenAll(_loops, _drained.Task).WaitAsync(_settings.StopLimit, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            Log.StopIncomplete(_logger, _settings.StopLimit);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _alarm.Dispose();
    }

    /// <remarks><para>Why no due time is ever missed. A recipient that waits is in one of two states. Not leased: then the look for due
    /// rows or <see cref="ISpool.NextDueAsync"/> sees it, for both read leases and rows under one lock, and a lease is let go only
    /// after the commit that wrote the next time. Leased: then whoever ends the lease sets the alarm for the time it wrote
    /// (<see cref="Settlement"/>), after that commit.</para>
    /// <para>So when NextDue passed over a recipient because it was leased, its time reaches the alarm from the other side, before or
    /// after; <see cref="Alarm"/> keeps the earlier of the two. An alarm that rings meanwhile leaves a signal, and a signal is only
    /// taken before a look, never after one.</para></remarks>
    private async Task LeaseLoopAsync()
    {
        var failures = 0;
        // The last run's clock may have been wrong, too.
        var isClockSetBack = true;
        while (await _alarm.WaitAsync(_stop.Token))
        {
            try
            {
                _watch.Look();
                if (isClockSetBack |= _watch.TakeWentBack())
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
                var wait = _settlement.StorageWait(failures++);
                Log.LeaseFailed(_logger, wait, e);
                _alarm.SetFor(_clock.GetUtcNow() + wait);
            }
            catch (Exception e)
            {
                // A fault of ours, a row that cannot be understood: whatever it is, the queue does not stand still for it.
                Log.LeaseFault(_logger, e);
                _alarm.SetFor(_clock.GetUtcNow() + _settings.LongestStorageRetry);
            }
        }
    }

    /// <summary>No retry is ever set further ahead than the longest wait: what waits for longer got its time from a clock that was wrong, and is due.</summary>
    private async Task BringForwardAsync()
    {
        var count = await _spool.ChangeAsync(QueueSelection.All, new QueueChange.Retry(_clock.GetUtcNow() + _settings.LongestWait), _stop.Token);
        if (count > 0)
            Log.BroughtForward(_logger, count);
    }

    private async Task LeaseAsync()
    {
        while (true)
        {
            var room = Reserve(LeaseBatch);
            if (room == 0)
            {
                _backlog = true;
                // Release() lowers the count and then reads the flag; we set the flag and then read the count. Without the barrier
                // a processor may read before it has written, and with both sides seeing the old value nobody would wake.
                Interlocked.MemoryBarrier();
                WakeForBacklog();
                return;
            }

            var entries = await LeaseAsync(room);
            foreach (var entry in entries)
            {
                _shares.Add(entry.Envelope.Sender);
                Admit(new QueuedMessage(entry.Id, entry.Envelope, entry.Arrival, entry.Recipients) { Origin = entry.Origin });
            }

            if (entries.Count < room)
                break;
        }

        _backlog = false;
        if (await _spool.NextDueAsync(_stop.Token) is { } next)
            _alarm.SetFor(next);
    }

    private async Task<IReadOnlyList<QueueEntry>> LeaseAsync(int room)
    {
        var entries = (IReadOnlyList<QueueEntry>)[];
        try
        {
            entries = await _spool.LeaseDueAsync(_clock.GetUtcNow(), room, _stop.Token);
            return entries;
        }
        finally
        {
            Release(room - entries.Count);
        }
    }

    private void Admit(QueuedMessage message)
    {
        if (!_toRoute.Writer.TryWrite(message))
            throw new System.Diagnostics.UnreachableException("A place was reserved.");
    }

    private async Task RouteLoopAsync()
    {
        try
        {
            await foreach (var message in _toRoute.Reader.ReadAllAsync(_stop.Token))
                await RouteAsync(message);
        }
        catch (OperationCanceledException)
        {
            // What was not routed stays queued.
        }
    }

    private async Task RouteAsync(QueuedMessage message)
    {
        var routing = await Routing.OfAsync(message, _router, _settings.SilentReports, _stop.Token);
        if (routing.Settled.Count > 0 || routing.Held.Count > 0)
            await SettleAsync(message, routing);

        foreach (var delivery in routing.Deliveries(message, _settings.RecipientsPerAttempt))
            _destinations.Add(delivery);
        StartAttempts();
    }

    private async Task SettleAsync(QueuedMessage message, Routing routing)
    {
        try
        {
            await _settlement.WithoutAttemptAsync(message, routing, _alarm);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            var recipients = routing.Settled.Select(settled => settled.Recipient).Concat(routing.Held.Select(held => held.Recipient));
            await _settlement.LetGoAsync(message, recipients, e, _alarm);
        }

        Done(message, routing.Settled.Count + routing.Held.Count);
    }

    private void StartAttempts()
    {
        while (!_stop.IsCancellationRequested && _destinations.TryTake(out var delivery))
            ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Scheduler.AttemptAsync(state.Delivery), (Scheduler: this, Delivery: delivery!), preferLocal: false);
    }

    private async Task AttemptAsync(Delivery delivery)
    {
        var feedback = Feedback.None;
        try
        {
            feedback = await AttemptOrLetGoAsync(delivery);
        }
        finally
        {
            // Whatever happened, the place is free again and the next may begin.
            _destinations.Ended(delivery.Destination, feedback);
            Done(delivery.Message, delivery.Recipients.Count);
            StartAttempts();
            if (!_running && _destinations.Running == 0)
                _drained.TrySetResult();
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

    private void Done(QueuedMessage message, int recipients)
    {
        if (!message.Settle(recipients))
            return;
        Interlocked.Add(ref _bodyBytes, -message.BytesInMemory);
        _shares.Remove(message.Envelope.Sender, message.IsExtra);
        if (!message.IsExtra)
            Release(1);
    }

    /// <returns>How many places were free, at most as many as asked for.</returns>
    private int Reserve(int wanted)
    {
        while (true)
        {
            var taken = Volatile.Read(ref _inMemory);
            var grant = Math.Min(wanted, _settings.MessagesInMemory - taken);
            if (grant <= 0)
                return 0;
            if (Interlocked.CompareExchange(ref _inMemory, taken + grant, taken) == taken)
                return grant;
        }
    }

    private void Release(int places)
    {
        Interlocked.Add(ref _inMemory, -places);
        WakeForBacklog();
    }

    /// <summary>When half of the places are free: a look into the spool should find room for many.</summary>
    private void WakeForBacklog()
    {
        if (_backlog && Volatile.Read(ref _inMemory) <= _settings.MessagesInMemory / 2)
            _alarm.Wake();
    }
}
