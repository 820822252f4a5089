using System.Collections.Immutable;
using Courier.Mailboxes.Index;

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

/// <summary>What a mailbox knows of one message. Size and date may have to be looked up in the file when they are first asked for
/// (another program's file without <c>,W=</c> in its name); then the mailbox keeps them.</summary>
public readonly record struct MessageRecord
{
    private readonly Snapshot? _source;
    private readonly int _index;
    private readonly long _size;
    private readonly long _date;

    public MessageRecord(
        Uid uid, MessageFlags flags, ImmutableArray<string> keywords, bool isUnclaimed, long size, DateTimeOffset internalDate, ModSeq modSeq)
    {
        (Uid, Flags, Keywords, IsUnclaimed, ModSeq) = (uid, flags, keywords, isUnclaimed, modSeq);
        (_size, _date) = (size, internalDate.ToUnixTimeSeconds());
    }

    internal MessageRecord(Snapshot source, int index, in Entry entry, ImmutableArray<string> keywords)
    {
        (Uid, Flags, Keywords, IsUnclaimed, ModSeq) = (new Uid(entry.Uid), entry.Flags, keywords, entry.IsUnclaimed, new ModSeq(entry.ModSeq));
        (_source, _index, _size, _date) = (source, index, entry.Size, entry.Date);
    }

    /// <summary>Its identifier.</summary>
    public Uid Uid { get; }

    /// <summary>System flags.</summary>
    public MessageFlags Flags { get; }

    /// <summary>Keywords, shared between equal sets; never default.</summary>
    public ImmutableArray<string> Keywords { get; }

    /// <summary>No session has had it as \Recent.</summary>
    public bool IsUnclaimed { get; }

    /// <summary>RFC822.SIZE: octets with CRLF line ends. Reads the file where nobody knows yet; 0 when that is gone.</summary>
    public long Size => _source is null || _size != Entry.UnknownSize ? _size : _source.Tables.Facts.SizeOf(_source, _index);

    /// <summary>When it was delivered or what APPEND said. Asks the file where nobody knows yet.</summary>
    public DateTimeOffset InternalDate => DateTimeOffset.FromUnixTimeSeconds(
        _source is null || _date != Entry.UnknownDate ? _date : _source.Tables.Facts.DateOf(_source, _index));

    /// <summary>When it came into this mailbox (RFC 8514), which is what its file's name begins with: every program names the file anew
    /// when it delivers, appends or copies, and keeps the name when it only changes flags. Null for a name of another kind.</summary>
    public DateTimeOffset? SaveDate =>
        _source is not null && Maildir.FileName.TimeOf(_source.NameAt(_index)) is var seconds and > 0 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>Last change.</summary>
    public ModSeq ModSeq { get; }
}

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

    /// <summary>Flags at a position: cheaper than the whole record.</summary>
    public abstract MessageFlags FlagsAt(int index);

    /// <summary>Keywords at a position; equal sets are one array.</summary>
    public abstract ImmutableArray<string> KeywordsAt(int index);

    public abstract bool IsUnclaimedAt(int index);

    /// <summary>Position of a UID; when it is not there, the complement (~) of where it would be.</summary>
    public abstract int IndexOf(Uid uid);

    /// <summary>Every keyword used in the mailbox, in order of first use.</summary>
    public abstract ImmutableArray<string> Keywords { get; }

    public abstract int UnseenCount { get; }

    /// <summary>Position from 0 of the first message without \Seen; -1 when there is none.</summary>
    public abstract int FirstUnseen { get; }

    /// <summary>Messages that no session has had as \Recent.</summary>
    public abstract int UnclaimedCount { get; }

    /// <summary>Positions in this snapshot whose record (by UID) differs in flags or keywords from <paramref name="older"/>, or is not in it.
    /// Cheap where the two share their parts.</summary>
    public abstract IReadOnlyList<int> ChangedSince(MailboxSnapshot older);
}
