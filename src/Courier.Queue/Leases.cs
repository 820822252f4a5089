namespace Courier.Queue;

/// <summary>Which recipients this process is working on: a restart frees them all.</summary>
internal sealed class Leases
{
    private readonly HashSet<(long Message, int Recipient)> _held = [];

    /// <summary>Held, and taken away by a command: not attempted any more, but not free before the holder has let go.</summary>
    private readonly HashSet<(long Message, int Recipient)> _revoked = [];

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

    /// <summary>Whether the holder may still act on it.</summary>
    internal bool Stands(QueueId id, int recipient)
    {
        lock (Gate)
            return _held.Contains((id.Value, recipient)) && (_revoked.Count == 0 || !_revoked.Contains((id.Value, recipient)));
    }

    internal void Revoke(QueueId id, int recipient)
    {
        lock (Gate)
        {
            if (_held.Contains((id.Value, recipient)))
                _revoked.Add((id.Value, recipient));
        }
    }

    /// <returns>Whether any of them had been taken away; others stay.</returns>
    internal bool Relinquish(QueueId id, IReadOnlyList<int> recipients)
    {
        var any = false;
        lock (Gate)
        {
            foreach (var recipient in recipients)
                any |= _revoked.Remove((id.Value, recipient)) && _held.Remove((id.Value, recipient));
        }

        return any;
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

    /// <returns>Whether it had been taken away: its row says something that the holder did not know.</returns>
    internal bool Free(QueueId id, int recipient)
    {
        lock (Gate)
        {
            _held.Remove((id.Value, recipient));
            return _revoked.Count > 0 && _revoked.Remove((id.Value, recipient));
        }
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
        {
            _held.RemoveWhere(lease => lease.Message == id.Value);
            _revoked.RemoveWhere(lease => lease.Message == id.Value);
        }
    }

    internal bool HoldsAny(QueueId id)
    {
        lock (Gate)
            return _held.Any(lease => lease.Message == id.Value);
    }

    /// <summary>Takes every lease away, or every one on a message: nobody acts on it any more, and it is free when its holder has let go.</summary>
    internal void RevokeAll(QueueId? id = null)
    {
        lock (Gate)
            _revoked.UnionWith(id is { } message ? _held.Where(lease => lease.Message == message.Value) : _held);
    }

    internal IReadOnlyList<QueueId> Messages()
    {
        lock (Gate)
            return [.. _held.Select(lease => lease.Message).Distinct().Select(value => new QueueId(value))];
    }
}
