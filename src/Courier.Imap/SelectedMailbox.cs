using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;

namespace Courier.Imap;

/// <summary>One session's view of its mailbox: what its sequence numbers mean, and what it has been told.</summary>
/// <remarks>
/// Three snapshots: <see cref="Announced"/> gives the numbers (it moves only when EXPUNGE may be said, RFC 3501 §7.4.1),
/// <see cref="Newest"/> gives the flags that commands see, and <c>_told</c> those that the client knows.
/// A message that is gone elsewhere stays in Announced, so it can be fetched until the client has been told.
/// </remarks>
internal sealed class SelectedMailbox : IAsyncDisposable
{
    private readonly UidSet _recent = new();
    private readonly UidSet _shown = new();
    private readonly UidSet _seen = new();
    private MailboxSnapshot _told;
    private int _keywords;

    private SelectedMailbox(Mailbox mailbox, bool isReadOnly, MailboxSnapshot snapshot)
    {
        (Mailbox, IsReadOnly) = (mailbox, isReadOnly);
        Announced = Newest = _told = snapshot;
        _keywords = snapshot.Keywords.Length;
    }

    public Mailbox Mailbox { get; }

    public MailboxName Name => Mailbox.Name;

    /// <summary>EXAMINE: nothing is changed, not even \Recent (RFC 3501 §6.3.2).</summary>
    public bool IsReadOnly { get; }

    public MailboxSnapshot Announced { get; private set; }

    public MailboxSnapshot Newest { get; private set; }

    public int RecentCount => IsReadOnly ? Announced.UnclaimedCount : _recent.Count;

    /// <summary>Null where there is no such mailbox.</summary>
    public static async ValueTask<SelectedMailbox?> OpenAsync(MailAccount account, MailboxName name, bool isReadOnly, CancellationToken ct)
    {
        if (await account.OpenAsync(name, ct) is not { } mailbox)
            return null;
        try
        {
            var claimed = isReadOnly ? [] : await mailbox.ClaimRecentAsync(ct);
            var selected = new SelectedMailbox(mailbox, isReadOnly, mailbox.Current);
            selected.AddRecent(claimed);
            return selected;
        }
        catch
        {
            await mailbox.DisposeAsync();
            throw;
        }
    }

    /// <summary>Flags and the rest of a message by its announced position: the newest there is, or what was known when it vanished.</summary>
    public MessageRecord RecordAt(int position)
    {
        if (ReferenceEquals(Announced, Newest))
            return Announced[position];
        var now = Newest.IndexOf(Announced.UidAt(position));
        return now >= 0 ? Newest[now] : Announced[position];
    }

    public bool IsRecent(in MessageRecord message) => IsReadOnly ? message.IsUnclaimed : _recent.Contains(message.Uid);

    /// <summary>From now on commands see the newest flags in memory; no disk is touched.</summary>
    public void Adopt() => Newest = Mailbox.Current;

    /// <summary>The client has seen, or does not want to see, the newest flags of these messages.</summary>
    public void MarkShown(Uid first, Uid last) => _shown.Add(first, last);

    /// <summary>The client was told that these are \Seen now.</summary>
    public void MarkSeen(IReadOnlyList<Uid> uids)
    {
        foreach (var uid in uids)
        {
            _shown.Add(uid);
            _seen.Add(uid);
        }
    }

    /// <summary>Names keywords that are new since they were last named; before the first FETCH that shows one (RFC 3501 §7.2.6).</summary>
    public void DefineKeywords(ImapWriter writer)
    {
        if (Newest.Keywords.Length <= _keywords)
            return;
        _keywords = Newest.Keywords.Length;
        FlagText.WriteDefined(writer, Newest.Keywords, IsReadOnly);
    }

    /// <summary>The positions as UIDs.</summary>
    public List<Uid> Uids(List<PositionRange> positions)
    {
        var uids = new List<Uid>(SequenceSet.Count(positions));
        foreach (var (first, last) in positions)
        {
            for (var position = first; position <= last; position++)
                uids.Add(Announced.UidAt(position));
        }

        return uids;
    }

    /// <summary>Tells the client what has changed: EXPUNGE and EXISTS if <paramref name="mayExpunge"/> or nothing was removed, and flags always.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="mayExpunge">Whether the command at hand allows numbers to change.</param>
    /// <param name="withUid">Whether FETCH responses carry the UID.</param>
    /// <param name="ct">Ends it.</param>
    public async ValueTask WriteUpdatesAsync(ImapWriter writer, bool mayExpunge, bool withUid, CancellationToken ct)
    {
        var newest = mayExpunge ? await Mailbox.RefreshAsync(ct) : Mailbox.Current;
        if (newest.UidValidity != Announced.UidValidity)
            throw new MailboxReplacedException();
        var renumbers = mayExpunge || RemovedCount(newest) == 0;
        if (renumbers && !IsReadOnly && newest.UnclaimedCount > 0)
        {
            AddRecent(await Mailbox.ClaimRecentAsync(ct));
            newest = Mailbox.Current;
            renumbers = mayExpunge || RemovedCount(newest) == 0;
        }

        if (!ReferenceEquals(newest, _told) || !ReferenceEquals(newest, Announced))
            await WriteAsync(writer, newest, renumbers, withUid);
        _shown.Clear();
        _seen.Clear();
    }

    public ValueTask DisposeAsync() => Mailbox.DisposeAsync();

    private async ValueTask WriteAsync(ImapWriter writer, MailboxSnapshot newest, bool renumbers, bool withUid)
    {
        var changed = ReferenceEquals(newest, _told) ? [] : newest.ChangedSince(_told);
        var known = LastUid;
        if (renumbers)
            await RenumberAsync(writer, newest);
        var shown = Newest;
        Newest = _told = newest;
        DefineKeywords(writer);
        foreach (var position in changed)
        {
            var message = newest[position];
            var number = renumbers ? position : Announced.IndexOf(message.Uid);
            if (message.Uid > known || number < 0 || IsShown(message, shown))
                continue;
            FetchResponse.Flags(writer, number + 1, message, IsRecent(message), withUid);
            await writer.FlushIfFullAsync();
        }
    }

    private async ValueTask RenumberAsync(ImapWriter writer, MailboxSnapshot newest)
    {
        var left = Announced.Count;
        if (RemovedCount(newest) > 0)
        {
            // From the highest down: then each number means what it meant before.
            for (var position = Announced.Count - 1; position >= 0; position--)
            {
                var uid = Announced.UidAt(position);
                if (newest.IndexOf(uid) >= 0)
                    continue;
                writer.Raw("* "u8);
                writer.Number(position + 1);
                writer.Raw(" EXPUNGE\r\n"u8);
                _recent.Remove(uid);
                left--;
                await writer.FlushIfFullAsync();
            }
        }

        Announced = newest;
        if (newest.Count != left)
            WriteCounts(writer);
    }

    /// <summary>EXISTS and RECENT (RFC 3501 §7.3).</summary>
    public void WriteCounts(ImapWriter writer)
    {
        writer.Raw("* "u8);
        writer.Number(Announced.Count);
        writer.Raw(" EXISTS\r\n* "u8);
        writer.Number(RecentCount);
        writer.Raw(" RECENT\r\n"u8);
    }

    private Uid LastUid => Announced.Count == 0 ? default : Announced.UidAt(Announced.Count - 1);

    // UIDs only grow: whatever is not above the last one announced was announced itself, so counting finds removals without a walk.
    private int RemovedCount(MailboxSnapshot newest)
    {
        if (ReferenceEquals(newest, Announced))
            return 0;
        var position = newest.IndexOf(new(LastUid.Value + 1));
        return Announced.Count - (position < 0 ? ~position : position);
    }

    private bool IsShown(in MessageRecord message, MailboxSnapshot shown)
    {
        if (!_shown.Contains(message.Uid))
            return false;
        var position = shown.IndexOf(message.Uid);
        if (position < 0)
            return false;
        var before = shown[position];
        var flags = before.Flags | (_seen.Contains(message.Uid) ? MessageFlags.Seen : 0);
        return flags == message.Flags && (before.Keywords.Equals(message.Keywords) || before.Keywords.AsSpan().SequenceEqual(message.Keywords.AsSpan()));
    }

    private void AddRecent(IReadOnlyList<Uid> claimed)
    {
        foreach (var uid in claimed)
            _recent.Add(uid);
    }
}

/// <summary>The mailbox under this session is another one now: its UIDs mean nothing any more.</summary>
internal sealed class MailboxReplacedException : Exception
{
    public MailboxReplacedException()
    {
    }

    public MailboxReplacedException(string message)
        : base(message)
    {
    }

    public MailboxReplacedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
