using System.Collections.Concurrent;
using Courier.Mta.Delivery.Remote;
using Courier.Queue;
using Courier.Smtp.Client;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>One agent, and so one pool of connections, for each next hop.</summary>
internal sealed class NextHops(string hostName, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<NextHop, EsmtpAgent> _agents = new();

    internal IDeliveryAgent AgentFor(NextHop hop) =>
        _agents.GetOrAdd(hop, wanted => new EsmtpAgent(wanted, new EsmtpAgentSettings(new SmtpClientSettings(hostName)), logger, clock));

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents.Values)
            await agent.DisposeAsync();
    }
}
