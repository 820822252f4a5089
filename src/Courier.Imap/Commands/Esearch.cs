using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes.Names;
using Courier.Mailboxes.Search;

namespace Courier.Imap.Commands;

/// <summary>ESEARCH: searches mailboxes, one after the other, without selecting them; each that has something answers by itself, in UIDs.</summary>
/// <remarks>RFC 7377 §2, §4: esearch = "ESEARCH" [SP "IN" SP "(" filter-mailboxes *(SP filter-mailboxes) ")"] [SP search-return-opts] SP search-program</remarks>
internal sealed record EsearchCommand(IReadOnlyList<MailboxFilter>? Sources, SearchReturn? Return, SearchKey? Key) : ImapCommand
{
    private const int SourcesMax = 100;

    private static readonly SearchReturn _all = new(SearchParts.All, null);

    public static EsearchCommand Parse(ref ImapParser p)
    {
        p.Space();
        var sources = ReadSources(ref p);
        var form = SearchReturn.Parse(ref p);
        if (form is not null && (form.Parts & SearchParts.Save) != 0 && sources?.All(source => source.Scope == MailboxScope.Selected) == false)
            throw new ImapSyntaxException("Only what is found in the selected mailbox is saved"); // §2.2
        var key = MessageFinder.Parse(ref p);
        MessageFinder.RefuseScores(form is { AsksScores: true }, key);
        return new(sources, form, key);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var asksSelected = Sources is null || Sources.Any(source => source.IsOfSelected);
        if (session.Selected is null && (asksSelected || Return is { Updates: true }))
            throw new ImapSyntaxException("No mailbox is selected"); // §2.2
        if (Key is null)
            return MessageFinder.UnknownCharset(session.Selected, Return);
        MessageFinder.RefuseTagReuse(session, Return);
        var others = Sources is null ? [] : await OthersAsync(session, ct);
        if (session.Selected is { } selected && (asksSelected || others.Remove(selected.Name)))
            await SearchSelectedAsync(session, selected, ct);
        foreach (var name in others)
        {
            if (asksSelected && name == session.Selected?.Name)
                continue;
            // Opened and left again one by one: only one is held at a time.
            await using var mailbox = await SelectedMailbox.OpenAsync(session.Mailboxes, name, isReadOnly: true, ct);
            if (mailbox is not null)
                await WriteAsync(session, mailbox, await MessageFinder.FindAsync(session, mailbox, Key, ct), ct);
            await session.Writer.FlushIfFullAsync();
        }

        return Completion.Ok("ESEARCH completed");
    }

    private async ValueTask SearchSelectedAsync(ImapSession session, SelectedMailbox selected, CancellationToken ct)
    {
        var found = await MessageFinder.FindAsync(session, selected, Key!, ct);
        if (Return?.IsSilent != true)
            await WriteAsync(session, selected, found, ct);
        if (Return is not null && (Return.Parts & SearchParts.Save) != 0)
            new SearchResponse(session, selected, Numbering.Uid).Save(found, Return);
        await MessageFinder.FollowAsync(session, Return, new(Key!, Numbering.Uid, null, Return?.UpdateItems), found, ct);
    }

    // Nothing is said of a mailbox without a match (§2.1).
    private async ValueTask WriteAsync(ImapSession session, SelectedMailbox mailbox, List<int> found, CancellationToken ct)
    {
        if (found.Count == 0 || session.Naming.Wire(mailbox.Name) is not { } wire)
            return;
        var scores = await MessageFinder.ScoresAsync(session, mailbox, Key!, Return is { AsksScores: true }, found, ct);
        new SearchResponse(session, mailbox, Numbering.Uid).WriteExtended(found, Return ?? _all, SessionKeys.AsksForModSeq(Key!), scores, wire);
    }

    private async ValueTask<List<MailboxName>> OthersAsync(ImapSession session, CancellationToken ct)
    {
        var subscribed = (await session.Mailboxes.SubscriptionsAsync(ct)).ToHashSet();
        return [.. (await session.Mailboxes.ListAsync(ct)).Where(mailbox => mailbox.Exists && Sources!.Any(source => source.Covers(mailbox.Name, subscribed))).Select(mailbox => mailbox.Name)];
    }

    private static List<MailboxFilter>? ReadSources(ref ImapParser p)
    {
        if (!p.TryWord("IN ("u8))
            return null;
        var sources = new List<MailboxFilter>();
        do
        {
            if (sources.Count == SourcesMax)
                throw new ImapSyntaxException("Too many sources");
            sources.Add(MailboxFilter.Parse(ref p));
            if (sources[^1].Scope == MailboxScope.SelectedDelayed)
                throw new ImapSyntaxException("Unknown choice of mailboxes"); // §2.2
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of sources is not closed");
        p.Space();
        return sources;
    }
}
