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
    private readonly ISpool _spool;
    private readonly IRouter _router;
    private readonly ScheduleSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly MessageHistory? _history;
    private readonly Destinations _destinations;
    private readonly Settlement _settlement;
    private readonly Attempts _attempts;
    private readonly LeaseLoop _leases;
    private readonly MemoryRoom _memory;
    private readonly Alarm _alarm;
    private readonly Channel<QueuedMessage> _toRoute;
    private readonly CancellationTokenSource _stop = new();
    private Task _loops = Task.CompletedTask;
    private volatile bool _running;

    public Scheduler(ISpool spool, IRouter router, IBounceWriter bounces, ScheduleSettings settings, TimeProvider clock, ILogger logger, MessageHistory? history = null,
        TroubledRecipients? trouble = null)
    {
        (_spool, _router, _settings, _clock, _logger, _history) = (spool, router, settings, clock, logger, history);
        _alarm = new Alarm(clock);
        _memory = new MemoryRoom(settings, _alarm.Wake);
        _destinations = new Destinations(settings, clock, delivery => _memory.Slowed(delivery.Message, delivery.Recipients.Count));
        var watch = new ClockWatch(clock);
        _settlement = new Settlement(spool, bounces, settings, clock, logger, history, trouble ?? TroubledRecipients.None, watch, _stop.Token);
        _attempts = new Attempts(_destinations, _settlement, _memory, _alarm, clock, _stop.Token);
        _leases = new LeaseLoop(spool, _settlement, _destinations, _memory, _alarm, watch, settings, clock, logger, Admit, _stop.Token);
        // A place is reserved before a message is written: there is always room.
        _toRoute = Channel.CreateBounded<QueuedMessage>(_memory.Most);
    }

    /// <summary>Messages in memory: being routed, waiting for their turn or being attempted.</summary>
    public int InMemory => _memory.Count;

    /// <summary>Begins with everything that is due, staged copies first.</summary>
    public void Start()
    {
        _spool.Disturbed = _alarm.Wake;
        _running = true;
        var routers = Enumerable.Range(0, _settings.RoutingAtOnce).Select(_ => RouteLoopAsync());
        _loops = Task.WhenAll([_leases.RunAsync(), .. routers]);
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
        try
        {
            await Task.WhenAll(_loops, _attempts.EndAsync()).WaitAsync(_settings.StopLimit, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            Log.StopIncomplete(_logger, _settings.StopLimit);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _attempts.Dispose();
        _alarm.Dispose();
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
        _attempts.Start();
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

        _memory.Settled(message, routing.Settled.Count + routing.Held.Count);
    }
}
