using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>STORE: changes flags and answers with what they are now, unless asked to be silent.</summary>
/// <remarks>RFC 3501 §6.4.6: store = "STORE" SP sequence-set [SP "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"]
/// SP (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag))) ; RFC 7162 §3.1.3</remarks>
internal sealed record StoreCommand(SequenceSet Messages, FlagChange Change, ModSeq? UnchangedSince, bool IsSilent, Numbering Numbering) : ImapCommand
{
    public static StoreCommand Parse(ref ImapParser p, Numbering numbering)
    {
        p.Space();
        var messages = p.SequenceSet();
        p.Space();
        var unchangedSince = Modifier(ref p);
        var kind = p.TryByte((byte)'+') ? FlagChangeKind.Add : p.TryByte((byte)'-') ? FlagChangeKind.Remove : FlagChangeKind.Replace;
        if (!p.TryWord("FLAGS"u8))
            throw new ImapSyntaxException("Expected FLAGS");
        var isSilent = p.TryWord(".SILENT"u8);
        p.Space();
        var (flags, keywords) = p.Next((byte)'(') ? FlagGrammar.List(ref p) : FlagGrammar.Bare(ref p);
        p.End();
        return new(messages, new(kind, flags, keywords), unchangedSince, isSilent, numbering);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var selected = session.Selected!;
        if (selected.IsReadOnly)
            return Completion.ReadOnly;
        if (UnchangedSince is not null)
            session.Enable(Extensions.Condstore); // RFC 7162 §3.1
        var positions = selected.Resolve(Messages, Numbering);
        if (positions.Count == 0)
            return Completion.Ok("There was nothing to store");
        (positions, var limit) = MessageLimit.Cut(session, selected, positions);
        // Silence covers this change only: what others did to these messages is told first (§6.4.6, note).
        if (IsSilent)
            await session.WriteUpdatesAsync(Numbering == Numbering.Uid ? CommandEffects.UsesUids : CommandEffects.UsesSequenceNumbers, ct);
        var result = UnchangedSince is { } since
            ? await selected.Mailbox.StoreAsync(selected.Uids(positions), Change, since, ct)
            : new(await selected.Mailbox.StoreAsync(selected.Uids(positions), Change, ct), []);
        selected.Adopt();
        foreach (var range in positions)
            await ShowAsync(session, selected, range, result.Modified);
        if (result.Modified.Count > 0 || result.Gone.Count > 0)
            limit.Tell(session.Writer);
        if (result.Modified.Count > 0)
            return Completion.Ok("MODIFIED " + Numbers(selected, result.Modified), "Not stored where it has changed since");
        return result.Gone.Count == 0 ? limit.Completed("STORE completed") : Completion.SomeExpunged;
    }

    // Those that were not changed are told as they are, so that the client can go on from there (RFC 7162 §3.1.3).
    private async ValueTask ShowAsync(ImapSession session, SelectedMailbox selected, PositionRange range, IReadOnlyList<Uid> modified)
    {
        selected.MarkShown(selected.Announced.UidAt(range.First), selected.Announced.UidAt(range.Last));
        var hasModSeq = session.Has(Extensions.Condstore);
        if (IsSilent && !hasModSeq)
            return;
        selected.DefineKeywords(session.Writer);
        var withUid = Numbering == Numbering.Uid || session.Has(Extensions.Qresync);
        var items = (hasModSeq ? FetchAttributes.ModSeq : 0) | (withUid ? FetchAttributes.Uid : 0);
        var refused = modified.Count == 0 ? null : modified.ToHashSet();
        for (var position = range.First; position <= range.Last; position++)
        {
            var message = selected.RecordAt(position);
            var showsFlags = !IsSilent || refused?.Contains(message.Uid) == true;
            FetchResponse.Whole(
                session.Writer, session.Has(Extensions.UidOnly) ? FetchResponse.ByUid : position + 1, message, items | (showsFlags ? FetchAttributes.Flags : 0), selected.IsRecent(message));
            await session.Writer.FlushIfFullAsync();
        }
    }

    private string Numbers(SelectedMailbox selected, IReadOnlyList<Uid> modified) => Numbering == Numbering.Uid
        ? SetText.Of(modified)
        : SetText.Of(modified.Select(uid => selected.Announced.IndexOf(uid)).Where(at => at >= 0).Select(at => (uint)at + 1));

    private static ModSeq? Modifier(ref ImapParser p)
    {
        if (!p.TryByte((byte)'('))
            return null;
        if (p.Name() != "UNCHANGEDSINCE")
            throw new ImapSyntaxException("Unknown modifier");
        p.Space();
        var since = p.ModSeq();
        p.Expect((byte)')', "The list of modifiers is not closed");
        p.Space();
        return since;
    }
}
