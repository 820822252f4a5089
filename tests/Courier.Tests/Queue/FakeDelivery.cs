using System.Collections.Concurrent;
using Courier.Mail.Addresses;
using Courier.Queue;

namespace Courier.Tests.Queue;

/// <summary>Answers every recipient as a test says and remembers the attempts.</summary>
internal sealed class FakeAgent(Func<DeliveryJob, CancellationToken, ValueTask<OutcomeKind>> answer) : IDeliveryAgent
{
    private int _running;

    internal FakeAgent(OutcomeKind kind)
        : this((_, _) => new(kind))
    {
    }

    internal ConcurrentQueue<DeliveryJob> Jobs { get; } = [];

    internal int MostAtOnce { get; private set; }

    internal bool SkipsOutcomes { get; set; }

    internal bool IsReportPassedOn { get; init; }

    public int? AttemptsAtOnce { get; init; }

    public bool IsRemote { get; init; }

    /// <summary>Of what is deferred, instead of a mailbox's trouble.</summary>
    internal string? DeferredStatus { get; init; }

    /// <summary>Milliseconds that an attempt takes at least.</summary>
    internal int Pause { get; init; }

    public async ValueTask<IReadOnlyList<RecipientOutcome>> DeliverAsync(DeliveryJob job, CancellationToken ct)
    {
        lock (Jobs)
            MostAtOnce = Math.Max(MostAtOnce, ++_running);
        Jobs.Enqueue(job);
        try
        {
            if (Pause > 0)
                await Task.Delay(Pause, ct);
            var kind = await answer(job, ct);
            return SkipsOutcomes ? [] : [.. job.Recipients.Select(recipient => new RecipientOutcome(recipient.Number, kind, kind == OutcomeKind.Deferred && DeferredStatus is { } status ? status : Status(kind), "said the fake") { IsReportPassedOn = IsReportPassedOn })];
        }
        finally
        {
            lock (Jobs)
                _running--;
        }
    }

    private static string Status(OutcomeKind kind) => kind switch { OutcomeKind.Deferred => "4.2.0", OutcomeKind.Failed => "5.2.0", _ => "2.0.0" };
}

/// <summary>Routes by domain.</summary>
internal sealed class FakeRouter : IRouter
{
    internal Dictionary<string, Func<Route>> Routes { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, Route> NextHops { get; } = new(StringComparer.Ordinal);

    public Route? StagedRoute { get; set; }

    public Route? RouteTo(string nextHop, MessageOrigin origin) => NextHops.GetValueOrDefault(nextHop);

    /// <summary>Where what was routed came from.</summary>
    internal ConcurrentQueue<MessageOrigin> Origins { get; } = [];

    public ValueTask<Route> RouteAsync(MailAddress recipient, MessageOrigin origin, CancellationToken ct)
    {
        Origins.Enqueue(origin);
        return new(Routes[recipient.Domain]());
    }

    internal void To(string domain, IDeliveryAgent? agent, string? destination = null) => Routes[domain] = () => new Route(agent, destination ?? "to:" + domain);
}

/// <summary>A report is a message to the sender that names the recipients that failed.</summary>
internal sealed class FakeBounces : IBounceWriter
{
    internal ConcurrentQueue<(QueueId Id, RecipientOutcome Outcome)> Written { get; } = [];

    internal Exception? Failure { get; set; }

    public ValueTask<Submission?> WriteAsync(DeliveryJob job, IReadOnlyList<RecipientOutcome> failures, CancellationToken ct)
    {
        if (Failure is { } failure)
            throw failure;
        foreach (var outcome in failures)
            Written.Enqueue((job.Id, outcome));
        if (job.Envelope.Sender.Address is not { } sender)
            return new((Submission?)null);
        return new(Messages.Submission(Path.GetTempPath(), new Envelope(ReversePath.Null, [new EnvelopeRecipient(sender)])));
    }
}
