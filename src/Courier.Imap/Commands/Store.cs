using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>STORE: changes flags and answers with what they are now, unless asked to be silent.</summary>
/// <remarks>RFC 3501 §6.4.6: store = "STORE" SP sequence-set SP (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))</remarks>
internal sealed record StoreCommand(SequenceSet Messages, FlagChange Change, bool IsSilent, Numbering Numbering) : ImapCommand
{
    public static StoreCommand Parse(ref ImapParser p, Numbering numbering)
    {
        p.Space();
        var messages = p.SequenceSet();
        p.Space();
        var kind = p.TryByte((byte)'+') ? FlagChangeKind.Add : p.TryByte((byte)'-') ? FlagChangeKind.Remove : FlagChangeKind.Replace;
        if (!p.TryWord("FLAGS"u8))
            throw new ImapSyntaxException("Expected FLAGS");
        var isSilent = p.TryWord(".SILENT"u8);
        p.Space();
        var (flags, keywords) = p.Next((byte)'(') ? FlagGrammar.List(ref p) : FlagGrammar.Bare(ref p);
        p.End();
        return new(messages, new(kind, flags, keywords), isSilent, numbering);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var selected = session.Selected!;
        if (selected.IsReadOnly)
            return Completion.ReadOnly;
        var positions = Messages.Resolve(selected.Announced, Numbering);
        if (positions.Count == 0)
            return Completion.Ok("There was nothing to store");
        // Silence covers this change only: what others did to these messages is told first (§6.4.6, note).
        if (IsSilent)
            await session.WriteUpdatesAsync(CommandEffects.UsesSequenceNumbers, ct);
        var gone = await selected.Mailbox.StoreAsync(selected.Uids(positions), Change, ct);
        selected.Adopt();
        foreach (var range in positions)
            await ShowAsync(session, selected, range);
        return gone.Count == 0 ? Completion.Ok("STORE completed") : Completion.SomeExpunged;
    }

    private async ValueTask ShowAsync(ImapSession session, SelectedMailbox selected, PositionRange range)
    {
        selected.MarkShown(selected.Announced.UidAt(range.First), selected.Announced.UidAt(range.Last));
        if (IsSilent)
            return;
        selected.DefineKeywords(session.Writer);
        for (var position = range.First; position <= range.Last; position++)
        {
            var message = selected.RecordAt(position);
            FetchResponse.Flags(session.Writer, position + 1, message, selected.IsRecent(message), Numbering == Numbering.Uid);
            await session.Writer.FlushIfFullAsync();
        }
    }
}
