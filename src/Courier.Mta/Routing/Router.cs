using System.Collections.Concurrent;
using Courier.Accounts;
using Courier.Mail.Addresses;
using Courier.Mta.Delivery.Remote;
using Courier.Queue;

namespace Courier.Mta.Routing;

/// <summary>Local domains go to the mailboxes, others to the next hop of the domain, else to the one for all, else they are held. Asked at
/// each attempt, so that a change of accounts or routes reaches mail that waits.</summary>
/// <param name="accounts">Who is local.</param>
/// <param name="relay">Next hops.</param>
/// <param name="local">Delivers into mailboxes.</param>
/// <param name="agentFor">The agent of a next hop; asked once for each.</param>
public sealed class Router(IAccountDirectory accounts, RelaySettings relay, IDeliveryAgent local, Func<NextHop, IDeliveryAgent> agentFor) : IRouter
{
    /// <summary>What local attempts are grouped by.</summary>
    public const string LocalDestination = "local";

    /// <summary>What <c>queue list</c> shows for mail that no route leads anywhere.</summary>
    public const string HeldDestination = "held: no next hop";

    private readonly ConcurrentDictionary<NextHop, Route> _relays = new();
    private readonly Route _local = new(local, LocalDestination);
    private readonly Route _held = new(null, HeldDestination);

    public Route? StagedRoute => _local;

    public Route? RouteTo(string nextHop) => NextHop.TryParse(nextHop, out var hop) ? To(hop) : null;

    public async ValueTask<Route> RouteAsync(MailAddress recipient, CancellationToken ct)
    {
        if (!await accounts.IsLocalDomainAsync(recipient.Domain, ct))
            return Relay(recipient.Domain);
        if (await accounts.FindAsync(recipient, ct) is not null)
            return _local;
        // RFC 3463 X.1.1: it was known when we accepted it, or came from ourselves (a forward, a report).
        return new Route(null, LocalDestination, new RecipientOutcome(0, OutcomeKind.Failed, "5.1.1", "There is no such user here"));
    }

    private Route Relay(string domain)
    {
        if (relay.Hold || (relay.Routes.GetValueOrDefault(domain) ?? relay.NextHop) is not { } hop)
            return _held;
        return To(hop);
    }

    private Route To(NextHop hop) =>
        _relays.GetOrAdd(hop, static (hop, agentFor) => new Route(agentFor(hop), $"relay:{hop}"), agentFor);
}
