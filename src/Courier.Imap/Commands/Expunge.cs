using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>EXPUNGE: removes the messages with \Deleted, UID EXPUNGE only those named. The loop tells which went.</summary>
/// <remarks>RFC 3501 §6.4.3: "EXPUNGE"; RFC 4315 §2.1: "UID" SP "EXPUNGE" SP sequence-set</remarks>
internal sealed record ExpungeCommand(SequenceSet? Only) : ImapCommand
{
    public static ExpungeCommand Parse(ref ImapParser p)
    {
        p.End();
        return new((SequenceSet?)null);
    }

    public static ExpungeCommand ParseUid(ref ImapParser p)
    {
        p.Space();
        var only = p.SequenceSet();
        p.End();
        return new(only);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var selected = session.Selected!;
        if (selected.IsReadOnly)
            return Completion.ReadOnly;
        var (positions, limit) = Only is null ? (null, default) : MessageLimit.Cut(session, selected, Named(session, selected, Only));
        var only = positions is null ? null : selected.Uids(positions);
        if (only is { Count: 0 })
            return Completion.Ok("EXPUNGE completed");
        var expunged = await selected.Mailbox.ExpungeAsync(only, ct);
        session.Record.Expunged += expunged.Count;
        return expunged.Count == 0 ? Completion.Ok("EXPUNGE completed") : session.Completed("EXPUNGE completed", selected, limit);
    }

    // Only what is removed counts towards the limit.
    private static List<PositionRange> Named(ImapSession session, SelectedMailbox selected, SequenceSet only)
    {
        var positions = selected.Resolve(only, Numbering.Uid);
        if (session.Limits.MessagesPerCommand == 0)
            return positions;
        var deleted = new List<PositionRange>();
        foreach (var (first, last) in positions)
        {
            for (var position = first; position <= last; position++)
            {
                if ((selected.RecordAt(position).Flags & MessageFlags.Deleted) != 0)
                    deleted.Add(new(position, position));
            }
        }

        return SequenceSet.Merge(deleted);
    }
}
