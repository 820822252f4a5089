namespace Courier.Mailboxes;

/// <summary>Counts for STATUS (RFC 3501 §6.3.10).</summary>
public sealed record MailboxStatus(int Messages, int Recent, Uid UidNext, UidValidity UidValidity, int Unseen, ModSeq HighestModSeq)
{
    private readonly MailboxSnapshot? _snapshot;

    internal MailboxStatus(MailboxSnapshot snapshot)
        : this(snapshot.Count, snapshot.UnclaimedCount, snapshot.UidNext, snapshot.UidValidity, snapshot.UnseenCount, snapshot.HighestModSeq) => _snapshot = snapshot;

    /// <summary>Messages with \Deleted; counted when asked for.</summary>
    public int Deleted
    {
        get
        {
            var deleted = 0;
            for (var i = 0; i < (_snapshot?.Count ?? 0); i++)
                deleted += (_snapshot!.FlagsAt(i) & MessageFlags.Deleted) != 0 ? 1 : 0;
            return deleted;
        }
    }

    /// <summary>Octets of the messages with \Deleted as RFC822.SIZE counts them; added up when asked for.</summary>
    public long DeletedSize
    {
        get
        {
            long size = 0;
            for (var i = 0; i < (_snapshot?.Count ?? 0); i++)
                size += (_snapshot!.FlagsAt(i) & MessageFlags.Deleted) != 0 ? _snapshot[i].Size : 0;
            return size;
        }
    }

    /// <summary>Octets of all messages as RFC822.SIZE counts them (RFC 8438); added up when asked for, and a file whose name does not say is read.</summary>
    public long Size
    {
        get
        {
            long size = 0;
            for (var i = 0; i < (_snapshot?.Count ?? 0); i++)
                size += _snapshot![i].Size;
            return size;
        }
    }
}
