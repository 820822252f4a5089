using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>SELECT and EXAMINE: enter a mailbox; EXAMINE changes nothing in it.</summary>
/// <remarks>RFC 3501 §6.3.1, §6.3.2: select = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"] ; examine likewise ;
/// select-param = "CONDSTORE" / "QRESYNC" SP "(" … ")" (RFC 7162 §7)</remarks>
internal sealed record SelectCommand(MailboxArgument Mailbox, SelectCommand.Parameters With, bool IsReadOnly) : ImapCommand
{
    public static SelectCommand Parse(ref ImapParser p, bool isReadOnly)
    {
        p.Space();
        var mailbox = p.Mailbox();
        var with = p.TrySpace() ? ReadParameters(ref p) : new(false, null);
        p.End();
        return new(mailbox, with, isReadOnly);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (With.Known is not null && !session.Has(Extensions.Qresync))
            throw new ImapSyntaxException("QRESYNC takes ENABLE QRESYNC"); // RFC 7162 §3.2.5
        if (With.Condstore)
            session.Enable(Extensions.Condstore);
        // Also when this fails nothing is selected afterwards (§6.3.1). Messages with \Deleted stay where they are.
        if (session.Selected is not null)
            session.Writer.Raw("* OK [CLOSED] The mailbox before is left\r\n"u8); // RFC 7162 §3.2.11
        await session.SelectAsync(null);
        if (Mailbox.Name is null || await SelectedMailbox.OpenAsync(session.Mailboxes, Mailbox.Name, IsReadOnly, ct) is not { } selected)
            return Completion.NoSuchMailbox;
        await session.SelectAsync(selected);
        await DescribeAsync(session, selected, ct);
        if (With.Known is { } known && known.UidValidity == selected.Announced.UidValidity.Value)
            await ResynchronizeAsync(session, selected, known);
        return IsReadOnly ? Completion.Ok("READ-ONLY", "EXAMINE completed") : Completion.Ok("READ-WRITE", "SELECT completed");
    }

    private async ValueTask DescribeAsync(ImapSession session, SelectedMailbox selected, CancellationToken ct)
    {
        var (writer, snapshot) = (session.Writer, selected.Announced);
        FlagText.WriteDefined(writer, snapshot.Keywords, selected.IsReadOnly);
        selected.WriteCounts(writer, session.Enabled);
        if (snapshot.FirstUnseen >= 0 && !session.Has(Extensions.Rev2) && !session.Has(Extensions.UidOnly))
            writer.Raw($"* OK [UNSEEN {snapshot.FirstUnseen + 1}] The first unread message\r\n");
        writer.Raw($"* OK [UIDVALIDITY {snapshot.UidValidity}] UIDs are valid\r\n* OK [UIDNEXT {snapshot.UidNext}] The next UID\r\n");
        writer.Raw($"* OK [HIGHESTMODSEQ {snapshot.HighestModSeq}] The last change\r\n");
        if (await session.Mailboxes.MailboxIdAsync(selected.Name, ct) is { } id)
            writer.Raw($"* OK [MAILBOXID ({id})] It keeps this whatever it is called\r\n"); // RFC 8474 §4.2
        if (!session.Has(Extensions.Rev2))
            return;
        // RFC 9051 §6.3.2: under the newer protocol SELECT names the mailbox.
        ListResponse.Write(writer, "LIST", [], Mailbox.Name is { } name ? session.Naming.Wire(name) ?? Mailbox.Wire : Mailbox.Wire, oldName: Mailbox.OldName);
    }

    /// <summary>What has happened since the client was here last (RFC 7162 §3.2.5.1).</summary>
    private static async ValueTask ResynchronizeAsync(ImapSession session, SelectedMailbox selected, KnownState known)
    {
        var snapshot = selected.Announced;
        var asked = known.Uids is null ? [(1, Math.Max(1, snapshot.UidNext.Value - 1))] : selected.UidRanges(known.Uids);
        Vanished.WriteEarlier(session.Writer, asked, snapshot, known.KnownUpTo(snapshot));
        var uids = new UidSet();
        foreach (var (first, last) in asked)
            uids.Add(new(first), new(last));
        for (var position = 0; position < snapshot.Count; position++)
        {
            var message = selected.RecordAt(position);
            if (message.ModSeq.Value <= known.ModSeq.Value || !uids.Contains(message.Uid))
                continue;
            const FetchAttributes items = FetchAttributes.Uid | FetchAttributes.Flags | FetchAttributes.ModSeq;
            FetchResponse.Whole(session.Writer, session.Has(Extensions.UidOnly) ? FetchResponse.ByUid : position + 1, message, items, selected.IsRecent(message));
            await session.Writer.FlushIfFullAsync();
        }
    }

    private static Parameters ReadParameters(ref ImapParser p)
    {
        var parameters = new Parameters(false, null);
        p.Expect((byte)'(', "Expected a list of parameters");
        do
        {
            parameters = p.Name() switch
            {
                "CONDSTORE" => parameters with { Condstore = true },
                "QRESYNC" when parameters.Known is null => parameters with { Known = ReadKnown(ref p) },
                _ => throw new ImapSyntaxException("Unknown parameter"),
            };
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of parameters is not closed");
        return parameters;
    }

    // SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP "(" known-sequence-set SP known-uid-set ")"] ")"
    private static KnownState ReadKnown(ref ImapParser p)
    {
        p.Space();
        p.Expect((byte)'(', "Expected what is known");
        var uidValidity = p.NonZero();
        p.Space();
        var modSeq = p.ModSeq();
        SequenceSet? uids = null, numbers = null, uidsOfNumbers = null;
        if (p.TrySpace())
        {
            if (!p.Next((byte)'('))
                uids = p.SequenceSet();
            if (uids is null || p.TrySpace())
            {
                p.Expect((byte)'(', "Expected numbers and their UIDs");
                numbers = p.SequenceSet();
                p.Space();
                uidsOfNumbers = p.SequenceSet();
                p.Expect((byte)')', "The numbers are not closed");
            }
        }

        p.Expect((byte)')', "What is known is not closed");
        return new(uidValidity, modSeq, uids, numbers, uidsOfNumbers);
    }

    /// <summary>What stands in parentheses after the name.</summary>
    internal sealed record Parameters(bool Condstore, KnownState? Known);

    /// <summary>What the client remembers of the mailbox (RFC 7162 §3.2.5).</summary>
    internal sealed record KnownState(uint UidValidity, ModSeq ModSeq, SequenceSet? Uids, SequenceSet? Numbers, SequenceSet? UidsOfNumbers)
    {
        /// <summary>The last of the samples that still fits: up to there the client knows what has gone (§3.2.5.2).</summary>
        public Uid KnownUpTo(MailboxSnapshot snapshot)
        {
            var known = default(Uid);
            if (Numbers is null || UidsOfNumbers is null)
                return known;
            using var uids = Each(UidsOfNumbers).GetEnumerator();
            foreach (var number in Each(Numbers))
            {
                if (!uids.MoveNext() || number > snapshot.Count || snapshot.UidAt((int)number - 1).Value != uids.Current)
                    break;
                known = new(uids.Current);
            }

            return known;
        }

        private static IEnumerable<uint> Each(SequenceSet set) =>
            set.Ranges.Where(range => !range.HasStar && range.First <= range.Second).SelectMany(NumbersOf);

        private static IEnumerable<uint> NumbersOf(SequenceRange range)
        {
            for (var number = range.First; number <= range.Second; number++)
                yield return number;
        }
    }
}
