using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>SELECT and EXAMINE: enter a mailbox; EXAMINE changes nothing in it.</summary>
/// <remarks>RFC 3501 §6.3.1, §6.3.2: select = "SELECT" SP mailbox ; examine = "EXAMINE" SP mailbox</remarks>
internal sealed record SelectCommand(MailboxArgument Mailbox, bool IsReadOnly) : ImapCommand
{
    public static SelectCommand Parse(ref ImapParser p, bool isReadOnly)
    {
        p.Space();
        var mailbox = p.Mailbox();
        p.End();
        return new(mailbox, isReadOnly);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        // Also when this fails nothing is selected afterwards (§6.3.1). Messages with \Deleted stay where they are.
        await session.SelectAsync(null);
        if (Mailbox.Name is null || await SelectedMailbox.OpenAsync(session.Mailboxes, Mailbox.Name, IsReadOnly, ct) is not { } selected)
            return Completion.NoSuchMailbox;
        await session.SelectAsync(selected);
        Describe(session.Writer, selected);
        return IsReadOnly ? Completion.Ok("READ-ONLY", "EXAMINE completed") : Completion.Ok("READ-WRITE", "SELECT completed");
    }

    private static void Describe(ImapWriter writer, SelectedMailbox selected)
    {
        var snapshot = selected.Announced;
        FlagText.WriteDefined(writer, snapshot.Keywords, selected.IsReadOnly);
        selected.WriteCounts(writer);
        if (snapshot.FirstUnseen >= 0)
            writer.Raw($"* OK [UNSEEN {snapshot.FirstUnseen + 1}] The first unread message\r\n");
        writer.Raw($"* OK [UIDVALIDITY {snapshot.UidValidity}] UIDs are valid\r\n* OK [UIDNEXT {snapshot.UidNext}] The next UID\r\n");
    }
}
