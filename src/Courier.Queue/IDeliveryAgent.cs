using Courier.IO.Files;
using Courier.Mail.Addresses;

namespace Courier.Queue;

/// <summary>One recipient of one attempt.</summary>
/// <param name="Number">Its place in the envelope.</param>
/// <param name="Recipient">Whom it is for.</param>
/// <param name="StagedPath">Set when an earlier attempt wrote the file and committed that it did: publish it, do not write again.</param>
public sealed record JobRecipient(int Number, EnvelopeRecipient Recipient, string? StagedPath);

/// <summary>One message and those of its recipients that go to one destination.</summary>
/// <param name="Id">The message.</param>
/// <param name="Envelope">Its whole envelope.</param>
/// <param name="Recipients">The recipients of this attempt.</param>
/// <param name="Trace">Header fields to put above the body.</param>
/// <param name="Body">The message as received.</param>
/// <param name="Arrival">When we accepted it.</param>
/// <param name="Destination">What the router called the destination.</param>
public sealed record DeliveryJob(
    QueueId Id, Envelope Envelope, IReadOnlyList<JobRecipient> Recipients, ReadOnlyMemory<byte> Trace, MessageBody Body, DateTimeOffset Arrival, string Destination)
{
    /// <summary>Since when it could have been delivered.</summary>
    public DateTimeOffset Begin => Envelope.HoldUntil is { } until && until > Arrival ? until : Arrival;

    /// <summary>Who handed it in: an account, a peer, a user of this machine; as <see cref="Submission.Origin"/>.</summary>
    public string Origin { get; init; } = "";
}

/// <summary>How one recipient fared.</summary>
public enum OutcomeKind
{
    /// <summary>In the mailbox.</summary>
    Delivered,

    /// <summary>The next hop has taken it over.</summary>
    Relayed,

    /// <summary>Try again later.</summary>
    Deferred,

    /// <summary>Never: report it.</summary>
    Failed,
}

/// <summary>What an attempt did for one recipient.</summary>
/// <param name="Number">The recipient's place in the envelope.</param>
/// <param name="Kind">How it fared.</param>
/// <param name="Status">Enhanced code as <c>2.0.0</c> (RFC 3463).</param>
/// <param name="Diagnostic">The peer's reply or our words.</param>
/// <param name="RemoteServer">Who said so; null for ourselves.</param>
public sealed record RecipientOutcome(int Number, OutcomeKind Kind, string Status, string Diagnostic, string? RemoteServer = null)
{
    /// <summary>The next hop took over with the message what the sender wants to hear of it: no report of ours (RFC 3461 §5.2.1).</summary>
    public bool IsReportPassedOn { get; init; }

    /// <summary>For one relayed: the sender hears of it unless he asked for silence, since his wish for a delivery in time is traced, or
    /// ends here (RFC 2852 §4).</summary>
    public bool IsReportDue { get; init; }

    /// <summary>For one deferred whose sender is warned: until when it will be tried.</summary>
    public DateTimeOffset? RetryUntil { get; init; }
}

/// <summary>Performs one attempt. An exception defers every recipient of the job.</summary>
public interface IDeliveryAgent
{
    /// <summary>How many attempts it wants to see at once at its destination; null leaves that to the schedule.</summary>
    int? AttemptsAtOnce => null;

    /// <summary>Whether it hands mail to another server: what waits too long there may go by another way.</summary>
    bool IsRemote => false;

    /// <returns>One outcome for each recipient of the job.</returns>
    ValueTask<IReadOnlyList<RecipientOutcome>> DeliverAsync(DeliveryJob job, CancellationToken ct);
}

/// <summary>Where a recipient goes now.</summary>
/// <param name="Agent">Who takes it there; null holds it in the queue.</param>
/// <param name="Destination">What attempts are grouped and limited by: <c>local</c>, <c>relay:[host]:port</c>.</param>
/// <param name="Refusal">Set where the address turned out to be undeliverable: it is reported, not tried.</param>
public sealed record Route(IDeliveryAgent? Agent, string Destination, RecipientOutcome? Refusal = null);

/// <summary>Asked anew at each attempt.</summary>
public interface IRouter
{
    /// <summary>Where recipients go whose copies lie in staging already, whatever their address leads to by now; null: by address.</summary>
    Route? StagedRoute => null;

    /// <param name="recipient">Whom it is for.</param>
    /// <param name="origin">Where it came from: virtual hosts send from addresses and under names of their own.</param>
    /// <param name="ct">Ends the wait.</param>
    ValueTask<Route> RouteAsync(MailAddress recipient, MessageOrigin origin, CancellationToken ct);

    /// <summary>Where mail goes that an operator or the schedule sends to one next hop, <c>host</c> or <c>host:port</c>; null when
    /// it cannot be read: then by address.</summary>
    Route? RouteTo(string nextHop, MessageOrigin origin) => null;
}

/// <summary>Writes the report on recipients that failed for good (a bounce), were delivered or wait, or says that there is to be none.</summary>
public interface IBounceWriter
{
    /// <param name="job">The attempt.</param>
    /// <param name="failures">Recipients that failed; also those delivered or relayed whose sender asked to hear of it
    /// (NOTIFY=SUCCESS), and those deferred for so long that the sender is warned.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The report to be queued in the same transaction that ends these recipients; null for a null sender or NOTIFY=NEVER.
    /// The caller disposes of its buffer.</returns>
    ValueTask<Submission?> WriteAsync(DeliveryJob job, IReadOnlyList<RecipientOutcome> failures, CancellationToken ct);
}
