using Courier.Mta.Delivery.Remote;

namespace Courier.Mta.Routing;

/// <summary>Where mail for domains that are not ours goes.</summary>
public sealed record RelaySettings
{
    /// <summary>The server that takes mail for all domains without a route of their own; null holds such mail in the queue.</summary>
    public NextHop? NextHop { get; init; }

    /// <summary>Next hops of single domains, by their name in lower case.</summary>
    public IReadOnlyDictionary<string, NextHop> Routes { get; init; } = new Dictionary<string, NextHop>(StringComparer.Ordinal);

    /// <summary>Keeps all mail for other domains in the queue, whatever the routes say.</summary>
    public bool Hold { get; init; }
}
