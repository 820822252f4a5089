namespace Courier.Queue.Scheduling;

/// <summary>Where the recipients of one message go now.</summary>
internal sealed class Routing
{
    private readonly Dictionary<string, (IDeliveryAgent Agent, List<QueuedRecipient> Recipients)> _byDestination = new(StringComparer.Ordinal);

    /// <summary>Recipients that come to something without an attempt: refused, or not routable for the moment.</summary>
    internal List<(QueuedRecipient Recipient, RecipientOutcome Outcome)> Settled { get; } = [];

    internal List<(QueuedRecipient Recipient, string Destination)> Held { get; } = [];

    internal static async Task<Routing> OfAsync(QueuedMessage message, IRouter router, IReadOnlySet<MessageSource> silent, CancellationToken ct)
    {
        var routing = new Routing();
        var origin = MessageOrigin.Parse(message.Origin);
        var isSilent = message.Envelope.IsReport && silent.Contains(message.Envelope.Source);
        foreach (var recipient in message.Recipients)
        {
            var route = await RouteAsync(recipient, origin, router, ct);
            routing.Add(recipient, isSilent && route.Agent is { IsRemote: true } ? Silenced(recipient) : route);
        }

        return routing;
    }

    internal IEnumerable<Delivery> Deliveries(QueuedMessage message, int recipientsPerAttempt) =>
        from destination in _byDestination
        from recipients in destination.Value.Recipients.Chunk(recipientsPerAttempt)
        select new Delivery(message, recipients, destination.Value.Agent, destination.Key);

    /// <summary>It comes from the null path: nobody is told that it ended here.</summary>
    private static Route Silenced(QueuedRecipient recipient) => new(null, "", new RecipientOutcome(
        recipient.Number, OutcomeKind.Failed, "5.7.1", "Suppressed: a report on mail that anybody may have sent goes to no other server"));

    private static async ValueTask<Route> RouteAsync(QueuedRecipient recipient, MessageOrigin origin, IRouter router, CancellationToken ct)
    {
        try
        {
            // A copy in staging may be published already: wherever the address leads by now, it is only ever published.
            if (recipient.StagedPath is not null && router.StagedRoute is { } staged)
                return staged;
            if (recipient.Cancelled is { } reason)
                return new Route(null, "", new RecipientOutcome(recipient.Number, OutcomeKind.Failed, "5.0.0", "Cancelled: " + reason));
            if (recipient.NextHop is { } nextHop && router.RouteTo(nextHop, origin) is { } way)
                return way;
            return await router.RouteAsync(recipient.Recipient.Address, origin, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // Our directory is in trouble, not their address: RFC 3463 X.3.0, and again later.
            return new Route(null, "", new RecipientOutcome(recipient.Number, OutcomeKind.Deferred, "4.3.0", "The address cannot be looked up: " + e.Message));
        }
    }

    private void Add(QueuedRecipient recipient, Route route)
    {
        if (route.Refusal is { } refusal)
        {
            Settled.Add((recipient, refusal with { Number = recipient.Number }));
        }
        else if (route.Agent is not { } agent)
        {
            Held.Add((recipient, route.Destination));
        }
        else
        {
            if (!_byDestination.TryGetValue(route.Destination, out var entry))
                _byDestination[route.Destination] = entry = (agent, []);
            entry.Recipients.Add(recipient);
        }
    }
}
