using System.Collections.Immutable;
using Courier.IO.Files;
using Courier.Mailboxes.Names;

namespace Courier.Mailboxes;

/// <summary>A mailbox in a listing. <see cref="Exists"/> is false for a name that only has mailboxes below it.</summary>
public sealed record MailboxListing(MailboxName Name, bool Exists, bool HasChildren, bool IsMarked);

public enum CreateOutcome
{
    Created,
    AlreadyExists,
    NotAllowed,
}

public enum DeleteOutcome
{
    Deleted,
    NoSuchMailbox,

    /// <summary>INBOX.</summary>
    NotAllowed,
}

public enum RenameOutcome
{
    Renamed,
    NoSuchMailbox,
    AlreadyExists,
    NotAllowed,
}

/// <summary>Counts for STATUS (RFC 3501 §6.3.10).</summary>
public sealed record MailboxStatus(int Messages, int Recent, Uid UidNext, UidValidity UidValidity, int Unseen, ModSeq HighestModSeq);

/// <summary>One message to append. <paramref name="Date"/> null means now. The caller disposes of the buffer.</summary>
public sealed record AppendMessage(MessageBuffer Message, MessageFlags Flags, ImmutableArray<string> Keywords, DateTimeOffset? Date);

/// <summary>Where appended or copied messages are now (RFC 4315).</summary>
public sealed record Placed(UidValidity UidValidity, IReadOnlyList<Uid> Uids);

/// <summary>One account's mailboxes.</summary>
/// <remarks>Failures of the disk are <see cref="IOException"/>. Names of mailboxes that do not exist are answered, not thrown.</remarks>
public sealed class MailAccount
{
    internal MailAccount()
    {
    }

    /// <summary>All mailboxes, INBOX first, then by name.</summary>
    public ValueTask<IReadOnlyList<MailboxListing>> ListAsync(CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Makes a mailbox; parents need not exist (they are then names without a mailbox, as in Courier).</summary>
    public ValueTask<CreateOutcome> CreateAsync(MailboxName name, CancellationToken ct) => throw new NotImplementedException();

    public ValueTask<DeleteOutcome> DeleteAsync(MailboxName name, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Renames a mailbox with all below it. Renaming INBOX moves its messages to a new mailbox and leaves it empty (RFC 3501 §6.3.5).</summary>
    public ValueTask<RenameOutcome> RenameAsync(MailboxName from, MailboxName to, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Subscribed names; they need not exist (RFC 3501 §6.3.6). Kept in courierimapsubscribed.</summary>
    public ValueTask<IReadOnlyList<MailboxName>> SubscriptionsAsync(CancellationToken ct) => throw new NotImplementedException();

    public ValueTask SubscribeAsync(MailboxName name, bool subscribed, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Opens a mailbox, brought up to date with its directory; null where there is none. Dispose it to leave.</summary>
    public ValueTask<Mailbox?> OpenAsync(MailboxName name, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Counts without leaving a trace in the mailbox; null where there is none.</summary>
    public ValueTask<MailboxStatus?> StatusAsync(MailboxName name, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Adds messages, all or none, durable on return; null where there is no such mailbox.</summary>
    public ValueTask<Placed?> AppendAsync(MailboxName name, IReadOnlyList<AppendMessage> messages, CancellationToken ct) => throw new NotImplementedException();
}
