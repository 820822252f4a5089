using Courier.Imap.Commands;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using Courier.Mailboxes.Search;
using Courier.Mailboxes.Sorting;

namespace Courier.Imap;

/// <summary>The searches whose results a client follows in the selected mailbox (RFC 5267 §4.3). They end with the selection.</summary>
/// <remarks>What was found is kept, so that a message which has gone can be taken out of it. After a change only the messages that it touched are
/// searched again; a sorted result is put in order anew when something comes to it.</remarks>
internal sealed class SearchContexts(ImapSession session, SelectedMailbox selected)
{
    private readonly List<Context> _contexts = [];

    public bool Has(string tag) => _contexts.Exists(context => context.Tag == tag);

    public void Cancel(string tag) => _contexts.RemoveAll(context => context.Tag == tag);

    /// <summary>Follows a search; refused with NOUPDATE beyond the limits (§4.3.1).</summary>
    public async ValueTask FollowAsync(Follow search, List<int> found, CancellationToken ct)
    {
        var tag = System.Text.Encoding.ASCII.GetString(session.Tag);
        if (_contexts.Count >= session.Limits.SearchContexts || (search.Criteria is not null && found.Count > session.Limits.SortedContextMessages))
        {
            session.Writer.Raw($"* NO [NOUPDATE \"{tag}\"] That is more than is followed here\r\n");
            return;
        }

        // Sequence numbers mean what they meant when the command came (§4.3).
        var key = await SessionKeys.PinAsync(search.Key, session, selected, ct);
        _contexts.Add(new(tag, search with { Key = key }, [.. found.Select(selected.Announced.UidAt)]));
    }

    /// <summary>Before numbers change: these messages have gone.</summary>
    public void Remove(IReadOnlyList<Uid> gone)
    {
        foreach (var context in _contexts)
            WriteRemoved(context, gone);
    }

    /// <summary>Once the client knows the numbers: these messages have come or changed.</summary>
    /// <param name="touched">Ascending, all of them announced.</param>
    /// <param name="known">The last UID that the client knew before.</param>
    /// <param name="ct">Ends the search.</param>
    public async ValueTask UpdateAsync(IReadOnlyList<Uid> touched, Uid known, CancellationToken ct)
    {
        if (touched.Count == 0)
            return;
        foreach (var context in _contexts.ToList())
        {
            var fits = await FittingAsync(context.Search.Key, touched, ct);
            WriteRemoved(context, [.. touched.Where(uid => !fits.Contains(uid))]);
            List<Uid> added = [.. touched.Where(uid => fits.Contains(uid) && !context.Contains(uid))];
            if (added.Count == 0)
                continue;
            if (context.Search.Items is { } items && added.Where(uid => uid > known).ToList() is { Count: > 0 } arrived)
                await FetchCommand.ShowAsync(session, selected, arrived, items, ct);
            if (context.Search.Criteria is null)
                Add(context, added);
            else
                await InsertAsync(context, added, ct);
            await session.Writer.FlushIfFullAsync();
        }
    }

    private async ValueTask<HashSet<Uid>> FittingAsync(SearchKey key, IReadOnlyList<Uid> touched, CancellationToken ct)
    {
        List<(int First, int Last)> positions = [.. touched.Select(uid => selected.Announced.IndexOf(uid)).Where(at => at >= 0).Select(at => (at, at))];
        var found = await MessageFinder.FindAsync(session, selected, new AndKey([new PositionsKey(_ => positions), key]), ct);
        return [.. found.Select(selected.Announced.UidAt)];
    }

    // Position 0: the client puts them where they belong in the mailbox's order (§4.3.3).
    private void Add(Context context, List<Uid> added)
    {
        context.Add(added);
        Write(context, $"ADDTO (0 {Numbers(context, added)})");
    }

    private async ValueTask InsertAsync(Context context, List<Uid> added, CancellationToken ct)
    {
        List<int> positions = [.. context.Found.Concat(added).Select(uid => selected.Announced.IndexOf(uid)).Where(at => at >= 0)];
        var criteria = context.Search.Criteria!;
        var scores = await MessageFinder.ScoresAsync(session, selected, context.Search.Key, SortCriteria.AsksScores(criteria), positions, ct);
        var sorted = await MessageSort.RunAsync(MessageFinder.ScopeOf(session, selected), selected.Mailbox, positions, criteria, scores, ct);
        context.Replace([.. sorted.Select(selected.Announced.UidAt)]);
        var came = added.ToHashSet();
        var pairs = new List<string>();
        for (var i = 0; i < context.Found.Count; i++)
        {
            // From the first on: each finds those before it in place already.
            if (came.Contains(context.Found[i]))
                pairs.Add($"{i + 1} {Numbers(context, [context.Found[i]])}");
        }

        if (pairs.Count > 0)
            Write(context, $"ADDTO ({string.Join(' ', pairs)})");
    }

    private void WriteRemoved(Context context, IReadOnlyList<Uid> uids)
    {
        List<Uid> removed = [.. uids.Where(context.Contains)];
        if (removed.Count == 0)
            return;
        if (context.Search.Criteria is null)
        {
            Write(context, $"REMOVEFROM (0 {Numbers(context, removed)})");
        }
        else
        {
            // From the last back: no removal moves what is still to be removed.
            var pairs = removed.Select(uid => (At: context.IndexOf(uid), Uid: uid)).OrderByDescending(pair => pair.At).Select(pair => $"{pair.At + 1} {Numbers(context, [pair.Uid])}");
            Write(context, $"REMOVEFROM ({string.Join(' ', pairs)})");
        }

        context.Remove(removed);
    }

    private void Write(Context context, string change) =>
        session.Writer.Raw($"* ESEARCH (TAG \"{context.Tag}\"){(context.Search.Numbering == Numbering.Uid ? " UID" : "")} {change}\r\n");

    private string Numbers(Context context, IReadOnlyList<Uid> uids) => SetText.Of(
        uids.Select(uid => context.Search.Numbering == Numbering.Uid ? uid.Value : (uint)selected.Announced.IndexOf(uid) + 1));

    /// <summary>A search to be followed; <paramref name="Criteria"/> null for the mailbox's own order.</summary>
    internal sealed record Follow(SearchKey Key, Numbering Numbering, IReadOnlyList<SortCriterion>? Criteria, FetchItems? Items);

    private sealed class Context(string tag, Follow search, List<Uid> found)
    {
        private readonly HashSet<Uid> _members = [.. found];

        public string Tag => tag;

        public Follow Search => search;

        /// <summary>In the order of the result.</summary>
        public List<Uid> Found => found;

        public bool Contains(Uid uid) => _members.Contains(uid);

        public int IndexOf(Uid uid) => found.IndexOf(uid);

        public void Add(List<Uid> uids)
        {
            found.AddRange(uids);
            _members.UnionWith(uids);
        }

        public void Replace(List<Uid> uids)
        {
            found.Clear();
            Add(uids);
        }

        public void Remove(List<Uid> uids)
        {
            _members.ExceptWith(uids);
            found.RemoveAll(uid => !_members.Contains(uid));
        }
    }
}
