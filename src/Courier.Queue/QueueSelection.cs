namespace Courier.Queue;

/// <summary>Which waiting recipients a command means: those that fit everything it says. One that says nothing means all.</summary>
public sealed record QueueSelection
{
    public static QueueSelection All { get; } = new();

    /// <summary>One message.</summary>
    public QueueId? Id { get; init; }

    /// <summary>Return path, in any case of letters; empty for the null path.</summary>
    public string? Sender { get; init; }

    /// <summary>Recipient, in any case of letters.</summary>
    public string? Recipient { get; init; }

    /// <summary>Domain of the recipient.</summary>
    public string? Domain { get; init; }

    public static QueueSelection Of(QueueId id) => new() { Id = id };
}

/// <summary>What a command does to waiting recipients.</summary>
public abstract record QueueChange
{
    private QueueChange()
    {
    }

    /// <summary>Due now, whatever the schedule says; those that an operator holds stay held.</summary>
    /// <param name="Beyond">Only what was tried before and waits for a time after this.</param>
    public sealed record Retry(DateTimeOffset? Beyond = null) : QueueChange;

    /// <summary>Not tried until released, over restarts too. An attempt under way ends as it may.</summary>
    public sealed record Hold : QueueChange;

    /// <summary>Ends a hold.</summary>
    public sealed record Release : QueueChange;

    /// <summary>From now on to this next hop; null goes back to the routes. Due now.</summary>
    public sealed record Reroute(string? NextHop) : QueueChange;

    /// <summary>Ends in failure, with a report to the sender as for any other.</summary>
    public sealed record Cancel(string Reason) : QueueChange;
}

/// <summary>Times that are none: recipients wait for something else.</summary>
public static class WaitsFor
{
    /// <summary>No route leads anywhere: a flush or a restart looks again.</summary>
    public static readonly DateTimeOffset Route = DateTimeOffset.MaxValue;

    /// <summary>An operator holds it: only a release lets it go on.</summary>
    public static readonly DateTimeOffset Operator = DateTimeOffset.MaxValue - TimeSpan.FromDays(1);
}

/// <summary>The changes that the scheduler and older commands ask for by name.</summary>
public static class SpoolChanges
{
    /// <summary>Makes waiting recipients due now: all, or those of one message or one domain.</summary>
    public static ValueTask<int> FlushAsync(this ISpool spool, QueueId? id, string? domain, CancellationToken ct) =>
        spool.ChangeAsync(new QueueSelection { Id = id, Domain = domain }, new QueueChange.Retry(), ct);

    public static ValueTask<IReadOnlyList<QueueEntry>> ListAsync(this ISpool spool, int most, CancellationToken ct) => spool.ListAsync(QueueSelection.All, most, ct);
}
