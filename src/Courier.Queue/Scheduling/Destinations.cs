namespace Courier.Queue.Scheduling;

/// <summary>What waits for which destination, and whose turn it is. Destinations take turns, and each has a limit of its own below the
/// limit of all: a slow one fills its own places and nobody else's. Thread-safe.</summary>
internal sealed class Destinations(int attemptsAtOnce, int attemptsPerDestination)
{
    private sealed class Destination(int most)
    {
        internal readonly Queue<Delivery> Waiting = [];
        internal readonly int Most = most;
        internal int Running;
        internal bool HasTurn;
    }

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Destination> _all = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, Destination Destination)> _turns = [];
    private int _running;

    /// <summary>Attempts that run now.</summary>
    internal int Running
    {
        get
        {
            lock (_gate)
                return _running;
        }
    }

    internal void Add(Delivery delivery)
    {
        lock (_gate)
        {
            if (!_all.TryGetValue(delivery.Destination, out var destination))
                _all[delivery.Destination] = destination = new Destination(Math.Max(1, delivery.Agent.AttemptsAtOnce ?? attemptsPerDestination));
            destination.Waiting.Enqueue(delivery);
            Queue(delivery.Destination, destination);
        }
    }

    /// <summary>The next attempt that may begin; it counts as running until <see cref="Ended"/>.</summary>
    internal bool TryTake(out Delivery? delivery)
    {
        lock (_gate)
        {
            delivery = null;
            if (_running >= attemptsAtOnce || !_turns.TryDequeue(out var turn))
                return false;
            var destination = turn.Destination;
            destination.HasTurn = false;
            delivery = destination.Waiting.Dequeue();
            destination.Running++;
            _running++;
            Queue(turn.Name, destination);
            return true;
        }
    }

    internal void Ended(string name)
    {
        lock (_gate)
        {
            _running--;
            var destination = _all[name];
            destination.Running--;
            if (destination is { Running: 0, Waiting.Count: 0 })
                _all.Remove(name);
            else
                Queue(name, destination);
        }
    }

    private void Queue(string name, Destination destination)
    {
        if (destination.HasTurn || destination.Waiting.Count == 0 || destination.Running >= destination.Most)
            return;
        destination.HasTurn = true;
        _turns.Enqueue((name, destination));
    }
}
