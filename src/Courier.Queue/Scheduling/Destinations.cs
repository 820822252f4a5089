using Courier.Mail.Addresses;

namespace Courier.Queue.Scheduling;

/// <summary>What an attempt says of how much its destination takes.</summary>
internal enum Feedback
{
    /// <summary>Nothing: it was not made, or failed for reasons of ours or of the message.</summary>
    None,

    /// <summary>The destination took part as it should, whatever it said of the recipients.</summary>
    Answered,

    /// <summary>It could not be reached, broke off, or asked for less.</summary>
    Overloaded,
}

/// <summary>What waits for which destination, and whose turn it is. Destinations take turns, and within one its senders do: neither a slow
/// destination nor a sender of a hundred thousand messages delays what others sent. Thread-safe.</summary>
/// <param name="settings">How many attempts at once.</param>
/// <param name="clock">Time.</param>
/// <param name="slowed">Told of each attempt that becomes slow; must not call back.</param>
internal sealed class Destinations(ScheduleSettings settings, TimeProvider clock, Action<Delivery> slowed)
{
    /// <summary>What waits, by priority (RFC 6710 §6): a message of a higher one goes first, whoever sent it.</summary>
    private sealed class Destination(Concurrency concurrency, bool isRemote)
    {
        // Nearly all mail has priority 0, and needs no second line.
        private readonly SenderTurns _usual = new();
        private SortedDictionary<int, SenderTurns>? _others;

        internal Concurrency Concurrency { get; } = concurrency;

        internal int Running { get; set; }

        /// <summary>When an attempt ended last, or the first of those that run began.</summary>
        internal long LastProgress { get; set; }

        internal bool IsRemote { get; } = isRemote;

        internal bool HasTurn { get; set; }

        internal bool HasWaiting => _usual.HasWaiting || _others is { Count: > 0 };

        internal void Add(Delivery delivery)
        {
            var priority = delivery.Message.Envelope.Priority;
            if (priority == 0)
            {
                _usual.Add(delivery);
                return;
            }

            _others ??= [];
            if (!_others.TryGetValue(-priority, out var line))
                _others[-priority] = line = new SenderTurns();
            line.Add(delivery);
        }

        internal Delivery Take()
        {
            if (_others is not { Count: > 0 })
                return _usual.Take();
            var (order, line) = _others.First();
            if (order > 0 && _usual.HasWaiting)
                return _usual.Take();
            var delivery = line.Take();
            if (!line.HasWaiting)
                _others.Remove(order);
            return delivery;
        }
    }

    private sealed class SenderTurns
    {
        private readonly Dictionary<ReversePath, Queue<Delivery>> _bySender = [];
        private readonly Queue<ReversePath> _turns = [];

        internal bool HasWaiting => _turns.Count > 0;

        internal void Add(Delivery delivery)
        {
            var sender = delivery.Message.Envelope.Sender;
            if (!_bySender.TryGetValue(sender, out var waiting))
            {
                _bySender[sender] = waiting = [];
                _turns.Enqueue(sender);
            }

            waiting.Enqueue(delivery);
        }

        internal Delivery Take()
        {
            var sender = _turns.Dequeue();
            var waiting = _bySender[sender];
            var delivery = waiting.Dequeue();
            if (waiting.Count > 0)
                _turns.Enqueue(sender);
            else
                _bySender.Remove(sender);
            return delivery;
        }
    }

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Destination> _all = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, Destination Destination)> _turns = [];
    private readonly AttemptLanes _lanes = new(settings, clock, slowed);

    /// <summary>Attempts that run now.</summary>
    internal int Running
    {
        get
        {
            lock (_gate)
                return _lanes.Count;
        }
    }

    /// <summary>How long until an attempt that runs makes room for one that waits; null: none waits for that.</summary>
    internal TimeSpan? UntilRoom
    {
        get
        {
            lock (_gate)
                return _turns.Count > 0 ? _lanes.UntilRoom : null;
        }
    }

    internal void Add(Delivery delivery)
    {
        lock (_gate)
        {
            if (!_all.TryGetValue(delivery.Destination, out var destination))
                _all[delivery.Destination] = destination = new Destination(ConcurrencyOf(delivery.Agent), delivery.Agent.IsRemote);
            destination.Add(delivery);
            Queue(delivery.Destination, destination);
        }
    }

    /// <summary>The next attempt that may begin; it counts as running until <see cref="Ended"/>.</summary>
    internal bool TryTake(out RunningAttempt? attempt)
    {
        lock (_gate)
        {
            attempt = null;
            while (_turns.Count > 0 && _lanes.HasRoom())
            {
                var (name, destination) = _turns.Dequeue();
                destination.HasTurn = false;
                // It may have shrunk, or the places become scarce, since it got its turn. One of its attempts runs, and asks again when it ends.
                // One whose mail was taken away has nothing to ask for.
                if (!destination.HasWaiting || !MayTake(destination))
                    continue;
                if (destination.Running++ == 0)
                    destination.LastProgress = clock.GetTimestamp();
                attempt = _lanes.Begin(destination.Take());
                Queue(name, destination);
                return true;
            }

            return false;
        }
    }

    internal void Ended(RunningAttempt attempt, Feedback feedback)
    {
        lock (_gate)
        {
            _lanes.End(attempt);
            var name = attempt.Delivery.Destination;
            var destination = _all[name];
            destination.Running--;
            destination.LastProgress = clock.GetTimestamp();
            destination.Concurrency.Learn(feedback);
            // What was learned is forgotten with the last message: the next begins carefully again.
            if (destination is { Running: 0, HasWaiting: false })
                _all.Remove(name);
            else
                Queue(name, destination);
        }
    }

    /// <summary>Takes away what waits for servers of which nothing has come for a while; the attempts there go on, among the slow.</summary>
    internal IReadOnlyList<(string Destination, IReadOnlyList<Delivery> Waiting)> TakeStalled()
    {
        lock (_gate)
        {
            _lanes.MoveSlow();
            var taken = new List<(string, IReadOnlyList<Delivery>)>();
            foreach (var (name, destination) in _all)
            {
                if (destination is not { IsRemote: true, Running: > 0, HasWaiting: true } || clock.GetElapsedTime(destination.LastProgress) < settings.StalledAfter)
                    continue;
                var waiting = new List<Delivery>();
                while (destination.HasWaiting)
                    waiting.Add(destination.Take());
                taken.Add((name, waiting));
            }

            return taken;
        }
    }

    private Concurrency ConcurrencyOf(IDeliveryAgent agent) => agent.AttemptsAtOnce is { } given
        ? Concurrency.Fixed(given)
        : agent.IsRemote ? Concurrency.Adaptive(settings.AttemptsPerDestination) : Concurrency.Fixed(settings.AttemptsPerDestination);

    /// <summary>One that has not answered may be dead, and then keeps what it has for as long as a connection may take. So when half of the places are
    /// taken, by slow attempts or by others, it gets one: the living must not wait for the dead, nor the slow lane fill with a few.</summary>
    private bool MayTake(Destination destination) => destination.Running < destination.Concurrency.Limit
        && (destination.Running == 0 || destination.Concurrency.IsProven || !_lanes.IsHalfFull);

    private void Queue(string name, Destination destination)
    {
        if (destination.HasTurn || !destination.HasWaiting || !MayTake(destination))
            return;
        destination.HasTurn = true;
        _turns.Enqueue((name, destination));
    }
}
