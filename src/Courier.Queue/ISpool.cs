using Courier.IO.Files;

namespace Courier.Queue;

/// <summary>A recipient's copy that lies, synced, in a staging folder.</summary>
public sealed record StagedCopy(QueueId Id, int Recipient, string Path);

/// <summary>A recipient that is still waiting, as listings show it.</summary>
public sealed record QueuedRecipient(int Number, EnvelopeRecipient Recipient, int Attempts, DateTimeOffset NextAttempt, string? LastDiagnostic, string? StagedPath)
{
    /// <summary>Next hop that an operator or the schedule gave it, instead of the routes; null: by the routes.</summary>
    public string? NextHop { get; init; }

    /// <summary>Why it was cancelled; null: it was not.</summary>
    public string? Cancelled { get; init; }

    /// <summary>Whether its sender has been told of the delay, or is not to be.</summary>
    public bool IsWarned { get; init; }
}

/// <summary>A message that is still waiting, as listings show it; <see cref="Recipients"/> are those not done.</summary>
public sealed record QueueEntry(QueueId Id, Envelope Envelope, DateTimeOffset Arrival, long Length, string Origin, IReadOnlyList<QueuedRecipient> Recipients);

/// <summary>What happens to a recipient after an attempt.</summary>
/// <param name="Id">The message.</param>
/// <param name="Recipient">Its place in the envelope.</param>
/// <param name="NextAttempt">Null: done with, for good. <see cref="DateTimeOffset.MaxValue"/>: held until a flush or a restart.</param>
/// <param name="Diagnostic">Why it waits; null when done.</param>
/// <param name="IsAttempt">Whether it was tried, and counts as an attempt.</param>
public sealed record RecipientUpdate(QueueId Id, int Recipient, DateTimeOffset? NextAttempt, string? Diagnostic, bool IsAttempt = true)
{
    /// <summary>The sender was told of the delay in the same transaction, or is not to be.</summary>
    public bool IsWarned { get; init; }

    /// <summary>Next hop from now on; null leaves what there is.</summary>
    public string? NextHop { get; init; }
}

/// <summary>The durable queue. Every method that changes something returns after the commit; changes of concurrent callers
/// share one. SQLite and PostgreSQL implement it, behind the same contract tests.</summary>
public interface ISpool : ISubmission, IAsyncDisposable
{
    /// <summary>Called, on any thread, when something may have become due that nobody has leased: a submission without lease, a
    /// report, a flush, also by another process. One scheduler listens.</summary>
    Action? Disturbed { get; set; }

    /// <summary>As <see cref="ISubmission.SubmitAsync"/>, with all recipients leased to the caller before anybody else can see them.</summary>
    ValueTask<QueueId> SubmitLeasedAsync(Submission submission, CancellationToken ct);

    /// <summary>Whether the recipient is still leased: false once it was completed or its message removed, and once a command has held,
    /// cancelled or rerouted it, also in another process.</summary>
    bool IsLeased(QueueId id, int recipient);

    /// <summary>Ends the leases of recipients that a command has taken away (<see cref="IsLeased"/> said so) and changes nothing else.</summary>
    ValueTask RelinquishAsync(QueueId id, IReadOnlyList<int> recipients, CancellationToken ct);

    /// <summary>Commits that copies lie in staging: from now on a crash ends in publishing, not in writing again.</summary>
    ValueTask MarkStagedAsync(IReadOnlyList<StagedCopy> copies, CancellationToken ct);

    /// <summary>Records outcomes and, in the same transaction, queues the reports they caused. A message whose last recipient
    /// is done is forgotten with its body.</summary>
    ValueTask<IReadOnlyList<QueueId>> CompleteAsync(IReadOnlyList<RecipientUpdate> updates, IReadOnlyList<Submission> reports, CancellationToken ct);

    /// <summary>Messages with a recipient due at <paramref name="now"/> that nobody has leased, by priority and then oldest first, after a start those with
    /// staged copies before all others. The recipients in the answer are leased by this; <see cref="CompleteAsync"/> ends a lease.</summary>
    ValueTask<IReadOnlyList<QueueEntry>> LeaseDueAsync(DateTimeOffset now, int most, CancellationToken ct);

    /// <summary>When the next recipient that is not leased falls due; null when none waits for a time.</summary>
    ValueTask<DateTimeOffset?> NextDueAsync(CancellationToken ct);

    /// <summary>Trace and body of a message; null when it is gone.</summary>
    ValueTask<(ReadOnlyMemory<byte> Trace, MessageBody Body)?> OpenAsync(QueueId id, CancellationToken ct);

    /// <summary>Paths of all copies that are committed as staged and whose recipients are not done.</summary>
    ValueTask<IReadOnlySet<string>> StagedPathsAsync(CancellationToken ct);

    /// <summary>For listings, oldest first; takes no lease. Of each message the recipients that fit.</summary>
    ValueTask<IReadOnlyList<QueueEntry>> ListAsync(QueueSelection selection, int most, CancellationToken ct);

    ValueTask<QueueEntry?> FindAsync(QueueId id, CancellationToken ct);

    /// <summary>Does what a command asks for to the waiting recipients it means. Copies that are staged already are neither held nor
    /// cancelled nor rerouted: they are as good as delivered.</summary>
    /// <returns>How many recipients it changed.</returns>
    ValueTask<int> ChangeAsync(QueueSelection selection, QueueChange change, CancellationToken ct);

    /// <summary>Takes a message out of the queue without a report.</summary>
    ValueTask<bool> RemoveAsync(QueueId id, CancellationToken ct);
}
