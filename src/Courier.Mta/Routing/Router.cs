using Courier.Accounts;
using Courier.Mail.Addresses;
using Courier.Mta.Delivery.Remote;
using Courier.Queue;

namespace Courier.Mta.Routing;

/// <summary>Local domains go to the mailboxes, others to the next hop of the domain, else to the one for all, else to the domain's mail
/// exchangers. Asked at each attempt, so that a change of accounts or routes reaches mail that waits.</summary>
/// <param name="accounts">Who is local.</param>
/// <param name="relay">Next hops.</param>
/// <param name="local">Delivers into mailboxes.</param>
/// <param name="routeTo">The way to a next hop.</param>
/// <param name="identityOf">As whom mail of an origin goes out; null: as the server.</param>
public sealed class Router(IAccountDirectory accounts, RelaySettings relay, IDeliveryAgent local, Func<NextHop, Route> routeTo, Func<MessageOrigin, SendingIdentity?>? identityOf = null) : IRouter
{
    /// <summary>What local attempts are grouped by.</summary>
    public const string LocalDestination = "local";

    /// <summary>What <c>queue list</c> shows for mail that is to go nowhere.</summary>
    public const string HeldDestination = "held: relay.hold is on";

    private readonly Route _local = new(local, LocalDestination);
    private readonly Route _held = new(null, HeldDestination);

    public Route? StagedRoute => _local;

    public Route? RouteTo(string nextHop, MessageOrigin origin) => NextHop.TryParse(nextHop, out var hop) ? RouteTo(hop, origin) : null;

    public async ValueTask<Route> RouteAsync(MailAddress recipient, MessageOrigin origin, CancellationToken ct)
    {
        if (!await accounts.IsLocalDomainAsync(recipient.Domain, ct))
            return relay.Hold ? _held : RouteTo(relay.HopFor(recipient.Domain), origin);
        if (await accounts.FindAsync(recipient, ct) is not null)
            return _local;
        // RFC 3463 X.1.1: it was known when we accepted it, or came from ourselves (a forward, a report).
        return new Route(null, LocalDestination, new RecipientOutcome(0, OutcomeKind.Failed, "5.1.1", "There is no such user here"));
    }

    private Route RouteTo(NextHop hop, MessageOrigin origin) => routeTo(identityOf?.Invoke(origin) is { } identity ? hop with { Identity = identity } : hop);
}
