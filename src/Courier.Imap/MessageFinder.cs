using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using Courier.Mailboxes.Search;

namespace Courier.Imap;

/// <summary>Searches the selected mailbox for a session: what SEARCH, SORT and THREAD have in common. A search that takes long says how
/// far it is (RFC 9585 §3).</summary>
internal static class MessageFinder
{
    /// <returns>Positions from 0, ascending.</returns>
    public static async ValueTask<List<int>> FindAsync(ImapSession session, SelectedMailbox selected, SearchKey key, CancellationToken ct)
    {
        return await MailboxSearch.RunAsync(new Scope(session, selected), await SessionKeys.BindAsync(key, session, selected, ct), ct);
    }

    /// <summary>How well each of the messages found fits, where that was asked for.</summary>
    public static async ValueTask<IReadOnlyDictionary<int, int>?> ScoresAsync(ImapSession session, SelectedMailbox selected, SearchKey key, bool asked, IEnumerable<int> found, CancellationToken ct) =>
        asked ? await FuzzySearch.ScoresAsync(ScopeOf(session, selected), await SessionKeys.BindAsync(key, session, selected, ct), found, ct) : null;

    /// <summary>Scores are of fuzzy searches alone (RFC 6203 §4, §6).</summary>
    public static void RefuseScores(bool asked, SearchKey? key)
    {
        if (asked && key is not null && !SessionKeys.MayBeFuzzy(key))
            throw new ImapSyntaxException("RELEVANCY is for searches with FUZZY");
    }

    /// <summary>The mailbox as the session sees it.</summary>
    public static SearchScope ScopeOf(ImapSession session, SelectedMailbox selected) => new Scope(session, selected);

    /// <summary>[SP "CHARSET" SP astring] 1*(SP search-key): null for a charset that we do not read.</summary>
    public static SearchKey? Parse(ref ImapParser p)
    {
        if (p.TryWord("CHARSET "u8))
        {
            // What follows is in a charset that we do not read, so it cannot be parsed either.
            if (!IsKnown(System.Text.Encoding.Latin1.GetString(p.Astring())))
                return null;
            p.Space();
        }

        return SearchCriteria.Parse(ref p);
    }

    public static bool IsKnown(string charset) =>
        charset.Equals("UTF-8", StringComparison.OrdinalIgnoreCase) || charset.Equals("US-ASCII", StringComparison.OrdinalIgnoreCase);

    /// <summary>The answer to a charset that we do not read. A SAVE that fails leaves nothing saved (RFC 5182 §2.1).</summary>
    public static Completion UnknownCharset(SelectedMailbox? selected, SearchReturn? form)
    {
        if (selected is not null && form is not null && (form.Parts & SearchParts.Save) != 0)
            selected.SavedResult = UidSet.Empty;
        return Completion.No("BADCHARSET (US-ASCII UTF-8)", "Unknown charset");
    }

    /// <summary>Follows the result, where that was asked for (RFC 5267 §4.3).</summary>
    public static ValueTask FollowAsync(ImapSession session, SearchReturn? form, SearchContexts.Follow search, List<int> found, CancellationToken ct)
    {
        if (form is not { Updates: true } || session.Selected is not { } selected)
            return default;
        selected.Contexts ??= new(session, selected);
        return selected.Contexts.FollowAsync(search, found, ct);
    }

    /// <summary>A tag whose search is followed already must not be used for another (RFC 5267 §4.3).</summary>
    public static void RefuseTagReuse(ImapSession session, SearchReturn? form)
    {
        if (form is { Updates: true } && session.Selected?.Contexts?.Has(System.Text.Encoding.ASCII.GetString(session.Tag)) == true)
            throw new ImapSyntaxException("A search is followed under that tag already");
    }

    private sealed class Scope(ImapSession session, SelectedMailbox selected) : SearchScope
    {
        private readonly Progress _progress = new(session, selected.Announced.Count);

        public override MailboxSnapshot Snapshot => selected.Announced;

        public override Mailbox? Mailbox => selected.Mailbox;

        public override MessageRecord RecordAt(int position) => selected.RecordAt(position);

        public override bool IsRecent(in MessageRecord message) => selected.IsRecent(message);

        public override async ValueTask<MessageContent?> OpenAsync(Uid uid, CancellationToken ct)
        {
            await _progress.TellAsync(selected.Announced.IndexOf(uid));
            return await selected.Mailbox.OpenMessageAsync(uid, ct);
        }
    }
}
