using System.Collections.Immutable;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using Courier.Mailboxes.Content;

namespace Courier.Imap.Commands;

/// <summary>FETCH: data of messages. One message is in hand at a time, and goes out before the next is opened.</summary>
/// <remarks>RFC 3501 §6.4.5, §7.4.2: fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")")
/// [SP "(" fetch-modifier *(SP fetch-modifier) ")"] ; RFC 7162 §7 and RFC 9394 §4 for the modifiers, see <see cref="FetchModifiers"/>.</remarks>
internal sealed record FetchCommand(SequenceSet Messages, FetchItems Items, FetchModifiers Modifiers, Numbering Numbering) : ImapCommand
{
    // \Seen is stored for so many at once: often enough that little is lost with a connection, seldom enough to be cheap.
    private const int SeenBatch = 64;

    public static FetchCommand Parse(ref ImapParser p, Numbering numbering)
    {
        p.Space();
        var messages = p.SequenceSet();
        p.Space();
        var items = FetchItems.Parse(ref p);
        var modifiers = FetchModifiers.Parse(ref p, numbering);
        p.End();
        var implied = (numbering == Numbering.Uid ? FetchAttributes.Uid : 0) | (modifiers.ChangedSince is null ? 0 : FetchAttributes.ModSeq);
        return new(messages, items with { Attributes = items.Attributes | implied }, modifiers, numbering);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var selected = session.Selected!;
        if (Modifiers.SaysVanished && !session.Has(Extensions.Qresync))
            throw new ImapSyntaxException("VANISHED takes ENABLE QRESYNC"); // RFC 7162 §3.2.6
        if ((Items.Attributes & FetchAttributes.ModSeq) != 0)
            session.Enable(Extensions.Condstore); // §3.1: a command that shows the client knows
        var positions = Modifiers.Restrict(selected, selected.Resolve(Messages, Numbering));
        if (Modifiers.SaysVanished)
            Vanished.WriteEarlier(session.Writer, selected.UidRanges(Messages), selected.Announced, known: default);
        (positions, var limit) = MessageLimit.Cut(session, selected, positions);
        session.Record.Fetched += SequenceSet.Count(positions);
        bool isComplete;
        try
        {
            isComplete = await WriteAsync(session, selected, positions, ct);
        }
        catch (UnknownEncodingException)
        {
            return Completion.No("UNKNOWN-CTE", "A part is encoded in a way that nobody knows");
        }

        if ((Items.Attributes & FetchAttributes.Flags) != 0)
        {
            foreach (var (first, last) in positions)
                selected.MarkShown(selected.Announced.UidAt(first), selected.Announced.UidAt(last));
        }

        return isComplete ? limit.Completed("FETCH completed") : Completion.SomeExpunged;
    }

    /// <summary>Shows messages that nobody has asked for by a command of its own (RFC 5465 §5.2, §7); of those that are gone already nothing is said.</summary>
    public static async ValueTask ShowAsync(ImapSession session, SelectedMailbox selected, IReadOnlyList<Uid> uids, FetchItems items, CancellationToken ct)
    {
        List<PositionRange> positions = [.. uids.Select(uid => selected.Announced.IndexOf(uid)).Where(at => at >= 0).Select(at => new PositionRange(at, at))];
        try
        {
            await new FetchCommand(SequenceSet.Saved, items, FetchModifiers.None, Numbering.Uid).WriteAsync(session, selected, SequenceSet.Merge(positions), ct);
        }
        catch (UnknownEncodingException)
        {
            // It can be fetched in another form.
        }
    }

    private ValueTask<bool> WriteAsync(ImapSession session, SelectedMailbox selected, List<PositionRange> positions, CancellationToken ct) =>
        Items.NeedsForms || Items.NeedsFacts || Items.Sections.Count > 0
            ? FetchContentAsync(session, selected, positions, ct)
            : FetchRecordsAsync(session, selected, positions);

    /// <summary>The index knows all that is asked: no file is opened and nothing is allocated.</summary>
    private async ValueTask<bool> FetchRecordsAsync(ImapSession session, SelectedMailbox selected, List<PositionRange> positions)
    {
        foreach (var (first, last) in positions)
        {
            for (var position = first; position <= last;)
            {
                position = WriteRecords(session, selected, position, last);
                await session.Writer.FlushIfFullAsync();
            }
        }

        return true;
    }

    // As many as may be written before the client must read: a plain loop, without an await for each message.
    private int WriteRecords(ImapSession session, SelectedMailbox selected, int position, int last)
    {
        var (writer, isUidOnly) = (session.Writer, session.Has(Extensions.UidOnly));
        while (position <= last && !writer.IsFull)
        {
            var message = selected.RecordAt(position++);
            FetchResponse.Begin(writer, isUidOnly ? FetchResponse.ByUid : position, message, Items.Attributes, selected.IsRecent(message));
            FetchResponse.End(writer);
        }

        return position;
    }

    private async ValueTask<bool> FetchContentAsync(ImapSession session, SelectedMailbox selected, List<PositionRange> positions, CancellationToken ct)
    {
        var isComplete = true;
        var seen = new List<Uid>();
        foreach (var (first, last) in positions)
        {
            var ahead = Items.NeedsForms ? MakeAheadAsync(selected, first, last, ct) : Task.CompletedTask;
            try
            {
                for (var position = first; position <= last; position++)
                {
                    if (Items.NeedsForms && (position - first) % Mailbox.AheadCount == 0)
                    {
                        await ahead;
                        // Those of the next are made while these are written.
                        ahead = MakeAheadAsync(selected, position + Mailbox.AheadCount, last, ct);
                    }

                    isComplete &= await FetchOneAsync(session, selected, position, seen, ct);
                    if (seen.Count >= SeenBatch)
                        await StoreSeenAsync(session, selected, seen, ct);
                }
            }
            finally
            {
                await ahead;
            }
        }

        await StoreSeenAsync(session, selected, seen, ct);
        return isComplete;
    }

    private Task MakeAheadAsync(SelectedMailbox selected, int from, int last, CancellationToken ct) =>
        from > last ? Task.CompletedTask : selected.Mailbox.MakeFormsAheadAsync(selected.Announced, from, last, Items.FormsWanted, ct).AsTask();

    /// <summary>False when the message is gone: then nothing is said of it.</summary>
    private async ValueTask<bool> FetchOneAsync(ImapSession session, SelectedMailbox selected, int position, List<Uid> seen, CancellationToken ct)
    {
        var message = selected.RecordAt(position);
        var forms = Items.NeedsForms ? await selected.Mailbox.FormsAsync(message.Uid, Items.FormsWanted, ct) : default(MessageForms);
        using var content = Items.Sections.Count > 0 ? await selected.Mailbox.OpenMessageAsync(message.Uid, ct) : null;
        var facts = Items.NeedsFacts ? await selected.Mailbox.FactsAsync(message.Uid, ct) : null;
        if (forms is not { } known || (Items.Sections.Count > 0 && content is null) || (Items.NeedsFacts && facts is null))
            return false;
        var parts = new ReadOnlyMemory<byte>?[Items.Sections.Count];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = FetchResponse.Content(content!, Items.Sections[i]);
        var becomesSeen = Items.SetsSeen && !selected.IsReadOnly && (message.Flags & MessageFlags.Seen) == 0;
        if (becomesSeen)
            seen.Add(message.Uid);

        await WriteAsync(session, selected, position, message, new(known, facts, parts), becomesSeen);
        return true;
    }

    private async ValueTask WriteAsync(
        ImapSession session, SelectedMailbox selected, int position, MessageRecord message, Found found, bool becomesSeen)
    {
        const FetchAttributes inRecord = FetchAttributes.Uid | FetchAttributes.Flags | FetchAttributes.InternalDate | FetchAttributes.Size | FetchAttributes.ModSeq | FetchAttributes.SaveDate;
        var (writer, isUidOnly) = (session.Writer, session.Has(Extensions.UidOnly));
        // A change of flags that the fetch itself makes belongs into its response (§6.4.5).
        var attributes = Items.Attributes | (becomesSeen ? FetchAttributes.Flags : 0);
        writer.IsMidResponse = true;
        FetchResponse.Begin(writer, isUidOnly ? FetchResponse.ByUid : position + 1, message, attributes, selected.IsRecent(message), becomesSeen ? MessageFlags.Seen : MessageFlags.None);
        var needsSpace = (attributes & (isUidOnly ? inRecord & ~FetchAttributes.Uid : inRecord)) != 0;
        FetchResponse.Forms(writer, found.Forms, attributes, ref needsSpace);
        if (found.Facts is { } facts)
            FetchResponse.Facts(writer, facts, attributes, ref needsSpace);
        for (var i = 0; i < found.Parts.Length; i++)
        {
            if (needsSpace)
                writer.Raw(" "u8);
            needsSpace = true;
            writer.Raw(Items.Sections[i].Name);
            if (found.Parts[i] is not { } part)
            {
                writer.Raw(" NIL"u8);
                continue;
            }

            writer.Raw(" "u8);
            if (Items.Sections[i].Form == SectionForm.BinarySize)
            {
                writer.Number(part.Length);
                continue;
            }

            // literal8, and only where it is needed (RFC 3516 §4.2).
            if (Items.Sections[i].Form == SectionForm.Binary && part.Span.Contains((byte)0))
                writer.Raw("~"u8);
            writer.LiteralHeader(part.Length);
            await writer.WriteAsync(part);
            if (Items.Sections[i].NeedsHeaderOnly)
                session.Record.HeaderBytes += part.Length;
            else
                session.Record.BodyBytes += part.Length;
        }

        FetchResponse.End(writer);
        writer.IsMidResponse = false;
        await writer.FlushIfFullAsync();
    }

    private static async ValueTask StoreSeenAsync(ImapSession session, SelectedMailbox selected, List<Uid> seen, CancellationToken ct)
    {
        if (seen.Count == 0)
            return;
        await selected.Mailbox.StoreAsync(seen, new(FlagChangeKind.Add, MessageFlags.Seen, ImmutableArray<string>.Empty), ct);
        // With CONDSTORE the client is told the mod-sequence that this change has made (RFC 7162 §3.1).
        if (!session.Has(Extensions.Condstore))
            selected.MarkSeen(seen);
        seen.Clear();
    }

    /// <summary>What was read of one message.</summary>
    private readonly record struct Found(MessageForms Forms, MessageFacts? Facts, ReadOnlyMemory<byte>?[] Parts);
}
