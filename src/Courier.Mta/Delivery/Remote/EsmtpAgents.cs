using System.Collections.Concurrent;
using Courier.Queue;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Remote;

/// <summary>One agent, and so one pool of connections, for each next hop. There may be as many hops as domains in the world: agents
/// that hold nothing are dropped when there are too many.</summary>
public sealed class EsmtpAgents(Connector connector, EsmtpAgentSettings settings, ILogger logger, TimeProvider clock) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<NextHop, Entry> _entries = new();
    private int _sweepAt = settings.DestinationsMax;

    private sealed record Entry(EsmtpAgent Agent, Route Route);

    /// <summary>Agents in memory.</summary>
    public int Count => _entries.Count;

    public EsmtpAgent For(NextHop hop) => Find(hop).Agent;

    /// <summary>The way to a hop: the same object each time while it is in use.</summary>
    public Route RouteTo(NextHop hop) => Find(hop).Route;

    public async ValueTask DisposeAsync()
    {
        foreach (var entry in _entries.Values)
            await entry.Agent.DisposeAsync();
        _entries.Clear();
    }

    private Entry Find(NextHop hop)
    {
        if (_entries.TryGetValue(hop, out var known))
            return known;
        if (_entries.Count >= Volatile.Read(ref _sweepAt))
            Sweep();
        return _entries.GetOrAdd(hop, Make);
    }

    private Entry Make(NextHop hop)
    {
        var agent = new EsmtpAgent(hop, connector, settings, logger, clock);
        return new Entry(agent, new Route(agent, hop.Destination));
    }

    /// <summary>An agent that somebody was just given still works: it has a pool of its own until that empties.</summary>
    private void Sweep()
    {
        foreach (var (hop, entry) in _entries)
        {
            if (entry.Agent.IsDispensable)
                _entries.TryRemove(hop, out _);
        }

        Volatile.Write(ref _sweepAt, Math.Max(settings.DestinationsMax, 2 * _entries.Count));
    }
}
