using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes.Search;

namespace Courier.Imap.Commands;

/// <summary>SEARCH: the numbers of the messages that fit. The work is done by <see cref="MailboxSearch"/>.</summary>
/// <remarks>RFC 3501 §6.4.4, §7.2.5, RFC 4731 §3: search = "SEARCH" [search-return-opts] [SP "CHARSET" SP astring] 1*(SP search-key)</remarks>
internal sealed record SearchCommand(SearchReturn? Return, SearchKey? Key, Numbering Numbering) : ImapCommand
{
    public static SearchCommand Parse(ref ImapParser p, Numbering numbering)
    {
        p.Space();
        var (form, key) = (SearchReturn.Parse(ref p), MessageFinder.Parse(ref p));
        MessageFinder.RefuseScores(form is { AsksScores: true }, key);
        return new(form, key, numbering);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var selected = session.Selected!;
        if (Key is null)
            return MessageFinder.UnknownCharset(selected, Return);

        MessageFinder.RefuseTagReuse(session, Return);
        var (key, limit) = await MessageLimit.OfSearchAsync(session, selected, Key, ct);
        var found = await MessageFinder.FindAsync(session, selected, key, ct);
        var response = new SearchResponse(session, selected, Numbering);
        var withModSeq = SessionKeys.AsksForModSeq(Key);
        // RFC 9051 appendix E: under the newer protocol the answer is always ESEARCH.
        var form = Return ?? (session.Has(Extensions.Rev2) ? new(SearchParts.All, null) : null);
        if (form is null)
            await response.WriteListAsync("SEARCH", found, withModSeq);
        else if (!form.IsSilent)
            response.WriteExtended(found, form, withModSeq, await MessageFinder.ScoresAsync(session, selected, Key, form.AsksScores, found, ct));
        if (form is not null && (form.Parts & SearchParts.Save) != 0)
            response.Save(found, form);
        await MessageFinder.FollowAsync(session, form, new(Key, Numbering, null, form?.UpdateItems), found, ct);
        return limit.Completed("SEARCH completed");
    }
}
