using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Remote;

/// <summary>One agent, and so one pool of connections, for each next hop.</summary>
public sealed class EsmtpAgents(EsmtpAgentSettings settings, ILogger logger, TimeProvider clock) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<NextHop, EsmtpAgent> _agents = new();

    public EsmtpAgent For(NextHop hop) => _agents.GetOrAdd(hop, static (key, own) => new EsmtpAgent(key, own.settings, own.logger, own.clock), (settings, logger, clock));

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents.Values)
            await agent.DisposeAsync();
        _agents.Clear();
    }
}
