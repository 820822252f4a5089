using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>DELETE: removes a mailbox with its messages; those below it stay.</summary>
/// <remarks>RFC 3501 §6.3.4: delete = "DELETE" SP mailbox. Deleting the mailbox that is selected leaves it.</remarks>
internal sealed record DeleteCommand(MailboxArgument Mailbox) : ImapCommand
{
    public static DeleteCommand Parse(ref ImapParser p)
    {
        p.Space();
        var mailbox = p.Mailbox();
        p.End();
        return new(mailbox);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Mailbox.Name is null)
            return Completion.NoSuchMailbox;
        session.Notifications?.Caused(Mailbox.Name);
        var outcome = await session.Mailboxes.DeleteAsync(Mailbox.Name, ct);
        // By whatever name it was selected: it may have been renamed since.
        if (session.Selected is { Mailbox.IsGone: true })
            await session.SelectAsync(null);
        return outcome switch
        {
            DeleteOutcome.Deleted => Completion.Ok("DELETE completed"),
            DeleteOutcome.NoSuchMailbox => Completion.NoSuchMailbox,
            _ => Completion.No("CANNOT", "INBOX cannot be deleted"),
        };
    }
}
