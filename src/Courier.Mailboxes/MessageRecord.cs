using System.Collections.Immutable;

namespace Courier.Mailboxes;

/// <summary>The system flags that a Maildir keeps in its file names: D F R S T (courier.md §7.4). \Recent is no flag of the
/// message but of a session.</summary>
[Flags]
public enum MessageFlags : byte
{
    None = 0,
    Draft = 1,
    Flagged = 2,
    Answered = 4,
    Seen = 8,
    Deleted = 16,
}

/// <summary>What a mailbox knows of one message without opening it.</summary>
/// <param name="Uid">Its identifier.</param>
/// <param name="Flags">System flags.</param>
/// <param name="Keywords">Keywords, shared between equal sets; never default.</param>
/// <param name="IsUnclaimed">It still lies in new/: no session has had it as \Recent.</param>
/// <param name="Size">RFC822.SIZE: octets with CRLF line ends.</param>
/// <param name="InternalDate">When it was delivered or what APPEND said.</param>
/// <param name="ModSeq">Last change.</param>
public readonly record struct MessageRecord(
    Uid Uid, MessageFlags Flags, ImmutableArray<string> Keywords, bool IsUnclaimed, long Size, DateTimeOffset InternalDate, ModSeq ModSeq);

/// <summary>A mailbox at one moment: immutable, ordered by UID, cheap to keep (neighbouring snapshots share their unchanged parts).</summary>
public abstract class MailboxSnapshot
{
    public abstract UidValidity UidValidity { get; }

    public abstract Uid UidNext { get; }

    public abstract ModSeq HighestModSeq { get; }

    public abstract int Count { get; }

    /// <summary>By position from 0.</summary>
    public abstract MessageRecord this[int index] { get; }

    /// <summary>UID at a position from 0, without reading the rest.</summary>
    public abstract Uid UidAt(int index);

    /// <summary>Position of a UID; when it is not there, the complement (~) of where it would be.</summary>
    public abstract int IndexOf(Uid uid);

    /// <summary>Every keyword used in the mailbox, in order of first use.</summary>
    public abstract ImmutableArray<string> Keywords { get; }

    public abstract int UnseenCount { get; }

    /// <summary>Position from 0 of the first message without \Seen; -1 when there is none.</summary>
    public abstract int FirstUnseen { get; }

    /// <summary>Messages still in new/.</summary>
    public abstract int UnclaimedCount { get; }

    /// <summary>Positions in this snapshot whose record (by UID) differs in flags or keywords from <paramref name="older"/>, or is not in it.
    /// Cheap where the two share their parts.</summary>
    public abstract IReadOnlyList<int> ChangedSince(MailboxSnapshot older);
}
