using System.Collections.Immutable;
using Courier.Mailboxes;

namespace Courier.Tests.Imap;

/// <summary>A snapshot made of records, for what needs no mailbox.</summary>
internal sealed class FakeSnapshot(IReadOnlyList<MessageRecord> messages) : MailboxSnapshot
{
    public static FakeSnapshot OfUids(params uint[] uids) =>
        new([.. uids.Select(uid => new MessageRecord(new(uid), MessageFlags.None, [], false, 100, DateTimeOffset.UnixEpoch, new(1)))]);

    public override UidValidity UidValidity => new(1);

    public override Uid UidNext => new(Count == 0 ? 1 : UidAt(Count - 1).Value + 1);

    public override ModSeq HighestModSeq => new(1);

    public override int Count => messages.Count;

    public override MessageRecord this[int index] => messages[index];

    public override Uid UidAt(int index) => messages[index].Uid;

    public override MessageFlags FlagsAt(int index) => messages[index].Flags;

    public override ImmutableArray<string> KeywordsAt(int index) => messages[index].Keywords;

    public override bool IsUnclaimedAt(int index) => messages[index].IsUnclaimed;

    public override int IndexOf(Uid uid)
    {
        for (var i = 0; i < Count; i++)
        {
            if (UidAt(i) >= uid)
                return UidAt(i) == uid ? i : ~i;
        }

        return ~Count;
    }

    public override ImmutableArray<string> Keywords => [.. messages.SelectMany(message => message.Keywords).Distinct(StringComparer.Ordinal)];

    public override int UnseenCount => messages.Count(message => (message.Flags & MessageFlags.Seen) == 0);

    public override int FirstUnseen => -1;

    public override int UnclaimedCount => messages.Count(message => message.IsUnclaimed);

    public override IReadOnlyList<int> ChangedSince(MailboxSnapshot older) => [];
}
