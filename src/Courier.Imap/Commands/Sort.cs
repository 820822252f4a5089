using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes.Search;
using Courier.Mailboxes.Sorting;

namespace Courier.Imap.Commands;

/// <summary>SORT: a search whose result is in order. The work is done by <see cref="MessageSort"/>.</summary>
/// <remarks>RFC 5256 §3, §5, RFC 5267 §3: sort = "SORT" [search-return-opts] SP sort-criteria SP charset 1*(SP search-key)</remarks>
internal sealed record SortCommand(SearchReturn? Return, IReadOnlyList<SortCriterion> Criteria, SearchKey? Key, Numbering Numbering) : ImapCommand
{
    public static SortCommand Parse(ref ImapParser p, Numbering numbering)
    {
        p.Space();
        var form = SearchReturn.Parse(ref p);
        var criteria = SortCriteria.Parse(ref p);
        p.Space();
        var key = ParseKeys(ref p);
        MessageFinder.RefuseScores(form is { AsksScores: true } || SortCriteria.AsksScores(criteria), key);
        return new(form, criteria, key, numbering);
    }

    /// <summary>charset 1*(SP search-key): null for a charset that we do not read.</summary>
    public static SearchKey? ParseKeys(ref ImapParser p)
    {
        var isKnown = MessageFinder.IsKnown(Encoding.Latin1.GetString(p.Astring()));
        p.Space();
        return isKnown ? SearchCriteria.Parse(ref p) : null;
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var selected = session.Selected!;
        if (Key is null)
            return MessageFinder.UnknownCharset(selected, Return);

        MessageFinder.RefuseTagReuse(session, Return);
        if (await MessageLimit.IsTooMuchAsync(session, selected, Key, ct))
            return MessageLimit.TooMany(session.Limits.MessagesPerCommand);
        var found = await MessageFinder.FindAsync(session, selected, Key, ct);
        var scores = await MessageFinder.ScoresAsync(session, selected, Key, Return is { AsksScores: true } || SortCriteria.AsksScores(Criteria), found, ct);
        found = await MessageSort.RunAsync(MessageFinder.ScopeOf(session, selected), selected.Mailbox, found, Criteria, scores, ct);
        var response = new SearchResponse(session, selected, Numbering);
        var withModSeq = SessionKeys.AsksForModSeq(Key);
        if (Return is null)
            await response.WriteListAsync("SORT", found, withModSeq);
        else if (!Return.IsSilent)
            response.WriteExtended(found, Return, withModSeq, Return.AsksScores ? scores : null);
        if (Return is not null && (Return.Parts & SearchParts.Save) != 0)
            response.Save(found, Return);
        await MessageFinder.FollowAsync(session, Return, new(Key, Numbering, Criteria, Return?.UpdateItems), found, ct);
        return Completion.Ok("SORT completed");
    }
}
