namespace Courier.Mailboxes.Search;

/// <summary>What is searched: a mailbox as one session sees it.</summary>
public abstract class SearchScope
{
    /// <summary>Gives the positions.</summary>
    public abstract MailboxSnapshot Snapshot { get; }

    /// <summary>The record of a position, with the newest flags.</summary>
    public abstract MessageRecord RecordAt(int position);

    /// <summary>Where it lies, when what that knows of its messages may be used in the place of their files: all of what it knows is the same for
    /// every session.</summary>
    public virtual Mailbox? Mailbox => null;

    public abstract bool IsRecent(in MessageRecord message);

    /// <summary>Null when the message is gone: then it does not match.</summary>
    public abstract ValueTask<MessageContent?> OpenAsync(Uid uid, CancellationToken ct);
}
