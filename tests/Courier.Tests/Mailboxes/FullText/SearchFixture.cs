using Courier.Mailboxes;
using Courier.Mailboxes.Search;

namespace Courier.Tests.Mailboxes.FullText;

/// <summary>A mailbox as a session sees it, with what the mailbox knows or without; counts the messages that are opened.</summary>
internal sealed class PlainScope(Mailbox mailbox, bool usesIndex, MailboxSnapshot? snapshot = null) : SearchScope
{
    internal int Opened { get; private set; }

    public override MailboxSnapshot Snapshot { get; } = snapshot ?? mailbox.Current;

    public override Mailbox? Mailbox => usesIndex ? mailbox : null;

    public override MessageRecord RecordAt(int position) => Snapshot[position];

    public override bool IsRecent(in MessageRecord message) => false;

    public override ValueTask<MessageContent?> OpenAsync(Uid uid, CancellationToken ct)
    {
        Opened++;
        return mailbox.OpenMessageAsync(uid, ct);
    }

    internal static async Task<(List<int> Found, int Opened)> FindAsync(Mailbox mailbox, SearchKey key, bool usesIndex, MailboxSnapshot? snapshot = null)
    {
        var scope = new PlainScope(mailbox, usesIndex, snapshot);
        return (await MailboxSearch.RunAsync(scope, key, default), scope.Opened);
    }

    /// <summary>The same with the index and without; returns how many were opened with it.</summary>
    internal static async Task<int> AssertSameAsync(Mailbox mailbox, SearchKey key, MailboxSnapshot? snapshot = null)
    {
        var (scanned, _) = await FindAsync(mailbox, key, usesIndex: false, snapshot);
        var (indexed, opened) = await FindAsync(mailbox, key, usesIndex: true, snapshot);
        Assert.True(scanned.SequenceEqual(indexed), $"{key}: scanned {string.Join(' ', scanned)}, indexed {string.Join(' ', indexed)}");
        return opened;
    }
}
