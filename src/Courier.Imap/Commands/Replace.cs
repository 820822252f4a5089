using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>REPLACE: puts a message in the place of another: the new one is durable before the old one goes.</summary>
/// <remarks>RFC 8508 §3: replace = "REPLACE" SP seq-number SP mailbox append-message. The APPENDUID comes untagged, before the EXPUNGE (§3.1).</remarks>
internal sealed record ReplaceCommand(SequenceSet Message, MailboxArgument Mailbox, byte[] Rest, Numbering Numbering) : ImapCommand
{
    public static ReplaceCommand Parse(ref ImapParser p, Numbering numbering)
    {
        p.Space();
        var message = p.SequenceSet();
        if (message.Ranges is not [{ First: var first, Second: var second }] || first != second)
            throw new ImapSyntaxException("Expected one message");
        p.Space();
        var mailbox = p.Mailbox();
        return p.Next((byte)' ') ? new(message, mailbox, p.Rest.ToArray(), numbering) : throw new ImapSyntaxException("Expected a message");
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var selected = session.Selected!;
        if (selected.IsReadOnly)
            return Completion.ReadOnly;
        if (Mailbox.Name is null || !session.Mailboxes.Exists(Mailbox.Name))
            return Completion.TryCreate;
        var replaced = selected.Uids(selected.Resolve(Message, Numbering));
        if (replaced.Count == 0)
            return Completion.No("NONEXISTENT", "There is no such message to replace");
        using var intake = new MessageIntake(session, Rest);
        if (await intake.ReceiveAsync(most: 1) is { } refusal)
            return refusal;
        if (await session.Mailboxes.AppendAsync(Mailbox.Name, intake.Messages, ct) is not { } placed)
            return Completion.TryCreate;
        session.Notifications?.Caused(Mailbox.Name, placed.Uids);
        session.Record.Appended++;
        session.Writer.Raw($"* OK [APPENDUID {placed.UidValidity} {SetText.Of(placed.Uids)}] It is there now\r\n");
        session.Record.Expunged += (await selected.Mailbox.RemoveAsync(replaced, CancellationToken.None)).Count;
        return session.Completed("REPLACE completed", selected);
    }
}
