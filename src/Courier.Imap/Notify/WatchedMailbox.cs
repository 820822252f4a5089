using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap;

/// <summary>A mailbox that is not selected and whose messages a client watches: what happens there is told by STATUS (RFC 5465 §5).</summary>
internal sealed class WatchedMailbox : IAsyncDisposable
{
    private readonly Mailbox _mailbox;
    private readonly IDisposable _callback;
    private readonly HashSet<Uid> _own = [];
    private volatile bool _isDirty;
    private MailboxSnapshot _told;

    public WatchedMailbox(Mailbox mailbox, NotifyEvents events, Signal signal)
    {
        (_mailbox, Events, _told) = (mailbox, events, mailbox.Current);
        _callback = mailbox.OnChanged(() =>
        {
            _isDirty = true;
            signal.Set();
        });
    }

    public NotifyEvents Events { get; set; }

    /// <summary>The client itself has put these there: that is no news (§5).</summary>
    public void Caused(IReadOnlyList<Uid> uids) => _own.UnionWith(uids);

    /// <summary>The client knows it as it was then.</summary>
    public void Know(MailboxSnapshot snapshot) => (_told, _isDirty) = (snapshot, true);

    /// <summary>How it is now, for a client that begins to watch (§3.1).</summary>
    public void WriteAll(ImapWriter writer, string wire)
    {
        List<string> items = [Messages(_told), UidNext(_told), UidValidity(_told)];
        if ((Events & NotifyEvents.FlagChange) != 0)
            items.Add(ModSeq(_told));
        Write(writer, wire, items);
    }

    /// <summary>What has happened since the client was told.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="wire">Its name.</param>
    /// <param name="enabled">What the client understands.</param>
    /// <param name="isSelected">The client sees it by itself.</param>
    public void WriteChanges(ImapWriter writer, string wire, Extensions enabled, bool isSelected)
    {
        if (!_isDirty)
            return;
        _isDirty = false;
        var (before, now) = (_told, _mailbox.Current);
        _told = now;
        if (isSelected || _mailbox.IsGone || ReferenceEquals(before, now))
            return;
        var items = Changes(before, now, enabled);
        if (items.Count > 0)
            Write(writer, wire, items);
    }

    public ValueTask DisposeAsync()
    {
        _callback.Dispose();
        return _mailbox.DisposeAsync();
    }

    private List<string> Changes(MailboxSnapshot before, MailboxSnapshot now, Extensions enabled)
    {
        if (before.UidValidity != now.UidValidity)
            return [Messages(now), UidNext(now), UidValidity(now)];
        var first = now.IndexOf(before.UidNext);
        first = first < 0 ? ~first : first;
        var removed = before.Count - first;
        var isNews = removed > 0;
        for (var position = first; position < now.Count; position++)
            isNews |= !_own.Remove(now.UidAt(position));
        var hasFlags = (Events & NotifyEvents.FlagChange) != 0 && now.ChangedSince(before).Any(position => position < first);
        var items = new List<string>();
        if (isNews)
            items.AddRange([Messages(now), UidNext(now)]);
        if ((isNews || hasFlags) && (Events & NotifyEvents.FlagChange) != 0 && before.UnseenCount != now.UnseenCount)
            items.Add($"UNSEEN {now.UnseenCount}");
        // Without mod-sequences a client could make nothing of other flags (§5.1).
        if ((enabled & Extensions.Condstore) != 0 && (isNews || hasFlags))
            items.AddRange([UidValidity(now), ModSeq(now)]);
        return items;
    }

    private static string Messages(MailboxSnapshot snapshot) => $"MESSAGES {snapshot.Count}";

    private static string UidNext(MailboxSnapshot snapshot) => $"UIDNEXT {snapshot.UidNext}";

    private static string UidValidity(MailboxSnapshot snapshot) => $"UIDVALIDITY {snapshot.UidValidity}";

    private static string ModSeq(MailboxSnapshot snapshot) => $"HIGHESTMODSEQ {snapshot.HighestModSeq}";

    private static void Write(ImapWriter writer, string wire, List<string> items)
    {
        writer.Raw("* STATUS "u8);
        writer.Mailbox(wire);
        writer.Raw($" ({string.Join(' ', items)})\r\n");
    }
}
