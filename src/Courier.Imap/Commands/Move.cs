using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>MOVE: messages into another mailbox and out of this one. They are durable there before the first goes here: whatever
/// happens between leaves a message twice, never nowhere.</summary>
/// <remarks>RFC 6851 §3.1: move = "MOVE" SP sequence-set SP mailbox. COPYUID comes untagged before the EXPUNGEs (§4.3).</remarks>
internal sealed record MoveCommand(SequenceSet Messages, MailboxArgument Target, Numbering Numbering) : ImapCommand
{
    public static MoveCommand Parse(ref ImapParser p, Numbering numbering)
    {
        var (messages, target) = p.MessagesAndMailbox();
        return new(messages, target, numbering);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var selected = session.Selected!;
        if (selected.IsReadOnly)
            return Completion.ReadOnly;
        var (positions, limit) = MessageLimit.Cut(session, selected, selected.Resolve(Messages, Numbering));
        var uids = selected.Uids(positions);
        if (uids.Count == 0)
            return Completion.Ok("There was nothing to move");
        if (Target.Name is null || await selected.Mailbox.MoveAsync(uids, Target.Name, ct) is not { } result)
            return Completion.TryCreate;
        if (result.Copies.Count == 0)
            return Completion.SomeExpunged;
        session.Record.Expunged += result.Copies.Count;
        session.Writer.Raw("* OK [COPYUID "u8);
        session.Writer.Raw($"{result.UidValidity} {SetText.Of(result.Sources)} {SetText.Of(result.Copies)}] They are there now\r\n");
        return session.Completed("MOVE completed", selected, limit);
    }
}
