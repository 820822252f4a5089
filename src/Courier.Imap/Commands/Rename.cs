using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>RENAME: a mailbox and all below it get another name; INBOX gives its messages away and stays.</summary>
/// <remarks>RFC 3501 §6.3.5: rename = "RENAME" SP mailbox SP mailbox</remarks>
internal sealed record RenameCommand(MailboxArgument From, MailboxArgument To) : ImapCommand
{
    public static RenameCommand Parse(ref ImapParser p)
    {
        p.Space();
        var from = p.Mailbox();
        p.Space();
        var to = p.Mailbox();
        p.End();
        return new(from, to.WithoutTrailingSeparator());
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (From.Name is null)
            return Completion.NoSuchMailbox;
        if (To.Name is null)
            return Completion.No("CANNOT", "No mailbox can have that name");
        return await session.Mailboxes.RenameAsync(From.Name, To.Name, ct) switch
        {
            RenameOutcome.Renamed => Completion.Ok("RENAME completed"),
            RenameOutcome.NoSuchMailbox => Completion.NoSuchMailbox,
            RenameOutcome.AlreadyExists => Completion.No("ALREADYEXISTS", "A mailbox of that name exists already"),
            _ => Completion.No("CANNOT", "That mailbox cannot be renamed so"),
        };
    }
}
