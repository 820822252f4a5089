namespace Courier.Queue.Sqlite;

/// <summary>Which recipients somebody is working on. In memory of the one owner: a restart frees them all.</summary>
internal sealed class Leases
{
    private readonly HashSet<(long Message, int Recipient)> _held = [];

    /// <summary>Held while due recipients are read and leased, and while finished ones are let go: a reader whose view is older than
    /// a commit must still find the lease that the commit ends.</summary>
    internal Lock Gate { get; } = new();

    internal int Count
    {
        get
        {
            lock (Gate)
                return _held.Count;
        }
    }

    internal bool Holds(QueueId id, int recipient)
    {
        lock (Gate)
            return _held.Contains((id.Value, recipient));
    }

    internal bool TryTake(QueueId id, int recipient)
    {
        lock (Gate)
            return _held.Add((id.Value, recipient));
    }

    internal void Take(QueueId id, int recipients)
    {
        lock (Gate)
        {
            for (var number = 0; number < recipients; number++)
                _held.Add((id.Value, number));
        }
    }

    internal void Free(QueueId id, int recipient)
    {
        lock (Gate)
            _held.Remove((id.Value, recipient));
    }

    internal void FreeAll(QueueId id, int recipients)
    {
        lock (Gate)
        {
            for (var number = 0; number < recipients; number++)
                _held.Remove((id.Value, number));
        }
    }

    internal void FreeMessage(QueueId id)
    {
        lock (Gate)
            _held.RemoveWhere(lease => lease.Message == id.Value);
    }

    internal IReadOnlyList<QueueId> Messages()
    {
        lock (Gate)
            return [.. _held.Select(lease => lease.Message).Distinct().Select(value => new QueueId(value))];
    }
}
