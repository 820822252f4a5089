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

    /// <summary>What the last SEARCH with SAVE found (RFC 5182 §2.1); what has gone since is no longer found in it.</summary>
    public UidSet SavedResult { get; set; } = UidSet.Empty;

    /// <summary>Searches that the client follows; null before the first.</summary>
    public SearchContexts? Contexts { get; set; }

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

    /// <summary>The newer protocol knows no \Recent (RFC 9051 appendix E).</summary>
    public bool HidesRecent { get; set; }

    public bool IsRecent(in MessageRecord message) => !HidesRecent && (IsReadOnly ? message.IsUnclaimed : _recent.Contains(message.Uid));

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

    /// <summary>The positions that a set names here and now.</summary>
    public List<PositionRange> Resolve(SequenceSet set, Numbering numbering) =>
        ReferenceEquals(set, SequenceSet.Saved) ? SavedPositions() : set.Resolve(Announced, numbering);

    /// <summary>A set of UIDs as ranges, whether or not there are such messages.</summary>
    public IReadOnlyList<(uint First, uint Last)> UidRanges(SequenceSet set)
    {
        if (ReferenceEquals(set, SequenceSet.Saved))
            return SavedResult.Ranges;
        var uids = new UidSet();
        foreach (var range in set.Ranges)
        {
            var (low, high) = range.Ordered(LastUid.Value);
            uids.Add(new(low), new(Math.Min(high, uint.MaxValue - 1)));
        }

        return uids.Ranges;
    }

    private List<PositionRange> SavedPositions()
    {
        var positions = new List<PositionRange>();
        foreach (var (first, last) in SavedResult.Ranges)
        {
            var from = Announced.IndexOf(new(first));
            var to = Announced.IndexOf(new(last));
            PositionRange range = new(from < 0 ? ~from : from, to < 0 ? ~to - 1 : to);
            if (range.First <= range.Last)
                positions.Add(range);
        }

        return SequenceSet.Merge(positions);
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

    /// <summary>Tells the client what has changed: EXPUNGE and EXISTS if the form allows or nothing was removed, and flags always.</summary>
    public async ValueTask WriteUpdatesAsync(ImapSession session, UpdateForm form, CancellationToken ct)
    {
        var newest = form.MayExpunge ? await Mailbox.RefreshAsync(ct) : Mailbox.Current;
        // RFC 2180 §3.3: who has a mailbox open that somebody deletes is sent away.
        if (Mailbox.IsGone || newest.UidValidity != Announced.UidValidity)
            throw new MailboxReplacedException();
        var renumbers = MayRenumber();
        if (renumbers && !IsReadOnly && newest.UnclaimedCount > 0)
        {
            AddRecent(await Mailbox.ClaimRecentAsync(ct));
            newest = Mailbox.Current;
            renumbers = MayRenumber();
        }

        if (!ReferenceEquals(newest, _told) || !ReferenceEquals(newest, Announced))
            await WriteAsync(session, newest, renumbers, form, ct);
        _shown.Clear();
        _seen.Clear();

        bool MayRenumber() => form.TellsMessages && (form.MayExpunge || RemovedCount(newest) == 0);
    }

    public ValueTask DisposeAsync() => Mailbox.DisposeAsync();

    private async ValueTask WriteAsync(ImapSession session, MailboxSnapshot newest, bool renumbers, UpdateForm form, CancellationToken ct)
    {
        var writer = session.Writer;
        var changed = ReferenceEquals(newest, _told) ? [] : newest.ChangedSince(_told);
        var known = LastUid;
        if (renumbers && RemovedCount(newest) > 0)
            Contexts?.Remove(Gone(newest)); // in numbers that still mean them (RFC 5267 §4.3.2)
        if (renumbers)
            await RenumberAsync(writer, newest, form);
        var shown = Newest;
        Newest = newest;
        // What is not told now is told when the client wants to hear it again; searches that are followed are not to hear it twice.
        if ((form.Hidden & NotifyEvents.FlagChange) == 0 || Contexts is not null)
            _told = newest;
        DefineKeywords(writer);
        foreach (var position in changed)
        {
            var message = newest[position];
            var number = renumbers ? position : Announced.IndexOf(message.Uid);
            if (message.Uid > known || number < 0 || (form.Hidden & NotifyEvents.FlagChange) != 0 || IsShown(message, shown))
                continue;
            FetchResponse.Whole(writer, form.IsUidOnly ? FetchResponse.ByUid : number + 1, message, form.Items, IsRecent(message));
            await writer.FlushIfFullAsync();
        }

        await WriteArrivalsAsync(session, changed.Select(position => newest.UidAt(position)), known, ct);
    }

    /// <summary>What is followed, and then what the client wants to see of new messages (RFC 5465 §5.2).</summary>
    private async ValueTask WriteArrivalsAsync(ImapSession session, IEnumerable<Uid> changed, Uid known, CancellationToken ct)
    {
        var items = session.Notifications?.OfSelected?.Items;
        if (Contexts is null && items is null)
            return;
        var arrived = new List<Uid>();
        for (var position = Announced.Count - 1; position >= 0 && Announced.UidAt(position) > known; position--)
            arrived.Add(Announced.UidAt(position));
        arrived.Reverse();
        if (Contexts is not null)
            await Contexts.UpdateAsync([.. changed.Where(uid => uid <= known && Announced.IndexOf(uid) >= 0), .. arrived], known, ct);
        if (items is not null && arrived.Where(uid => !session.Notifications!.IsOwn(uid)).ToList() is { Count: > 0 } news)
            await Commands.FetchCommand.ShowAsync(session, this, news, items, ct);
    }

    private List<Uid> Gone(MailboxSnapshot newest)
    {
        var gone = new List<Uid>();
        for (var position = 0; position < Announced.Count; position++)
        {
            if (newest.IndexOf(Announced.UidAt(position)) < 0)
                gone.Add(Announced.UidAt(position));
        }

        return gone;
    }

    private async ValueTask RenumberAsync(ImapWriter writer, MailboxSnapshot newest, UpdateForm form)
    {
        var left = Announced.Count;
        if (RemovedCount(newest) > 0)
            left -= form.SaysVanished ? Vanish(writer, newest) : await ExpungeAsync(writer, newest);
        Announced = newest;
        if (newest.Count != left)
            WriteCounts(writer, form.Enabled);
    }

    private async ValueTask<int> ExpungeAsync(ImapWriter writer, MailboxSnapshot newest)
    {
        var removed = 0;
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
            removed++;
            await writer.FlushIfFullAsync();
        }

        return removed;
    }

    private int Vanish(ImapWriter writer, MailboxSnapshot newest)
    {
        var removed = new List<Uid>();
        for (var position = 0; position < Announced.Count; position++)
        {
            var uid = Announced.UidAt(position);
            if (newest.IndexOf(uid) >= 0)
                continue;
            removed.Add(uid);
            _recent.Remove(uid);
        }

        writer.Raw("* VANISHED "u8);
        writer.Raw(SetText.Of(removed));
        writer.Line();
        return removed.Count;
    }

    /// <summary>EXISTS and RECENT (RFC 3501 §7.3); the newer protocol knows no RECENT (RFC 9051 appendix E).</summary>
    public void WriteCounts(ImapWriter writer, Extensions enabled)
    {
        writer.Raw("* "u8);
        writer.Number(Announced.Count);
        writer.Raw(" EXISTS\r\n"u8);
        if ((enabled & Extensions.Rev2) != 0)
            return;
        writer.Raw("* "u8);
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
