using Courier.IO.Files;
using Courier.Mailboxes.Delivery;
using Courier.Queue;

namespace Courier.Mta.Delivery.Local;

/// <summary>One recipient's copy on its way through a batch.</summary>
internal sealed class MailboxCopy(int number)
{
    /// <summary>The recipient's place in the envelope.</summary>
    internal int Number { get; } = number;

    /// <summary>Null for a copy that an earlier attempt staged.</summary>
    internal string? Maildir { get; init; }

    internal string Name { get; init; } = "";

    internal byte[] Header { get; init; } = [];

    /// <summary>Set once the copy lies in staging.</summary>
    internal StagedMessage? Staged { get; set; }

    /// <summary>Whether the spool knows that it does: then it is never written again and never taken back.</summary>
    internal bool IsCommitted { get; set; }

    /// <summary>Whether its name is in new/.</summary>
    internal bool IsPublished { get; set; }

    /// <summary>Set when it is decided.</summary>
    internal RecipientOutcome? Outcome { get; set; }

    /// <summary>Takes part in the next step.</summary>
    internal bool IsUnderWay => Outcome is null;

    internal void Defer(string status, string diagnostic) => Outcome = new RecipientOutcome(Number, OutcomeKind.Deferred, status, diagnostic);

    internal void Deliver() => Outcome = new RecipientOutcome(Number, OutcomeKind.Delivered, "2.0.0", "in the mailbox");
}

/// <summary>One message in a batch and its copies.</summary>
/// <param name="Id">Its place in the queue; null when it never was there (LMTP).</param>
/// <param name="Body">The message as received.</param>
/// <param name="Copies">One for each recipient.</param>
internal sealed record Parcel(QueueId? Id, MessageBody Body, IReadOnlyList<MailboxCopy> Copies)
{
    private readonly TaskCompletionSource _done = new();

    internal Task Done => _done.Task;

    /// <summary>Whoever waits for it goes on, in here.</summary>
    internal void Finish() => _done.TrySetResult();

    internal void Fail(Exception exception) => _done.TrySetException(exception);
}
