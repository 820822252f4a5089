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
        session.Notifications?.Caused(From.Name);
        session.Notifications?.Caused(To.Name);
        var outcome = await session.Mailboxes.RenameAsync(From.Name, To.Name, ct);
        // RFC 9051 §6.3.6: where a name was put right, the client hears which name became which.
        if (outcome == RenameOutcome.Renamed && session.Has(Extensions.Rev2) && (From.OldName ?? To.OldName) is not null && session.Naming.Wire(To.Name) is { } wire)
            ListResponse.Write(session.Writer, "LIST", [], wire, oldName: From.Wire);
        return outcome switch
        {
            RenameOutcome.Renamed => Completion.Ok("RENAME completed"),
            RenameOutcome.NoSuchMailbox => Completion.NoSuchMailbox,
            RenameOutcome.AlreadyExists => Completion.No("ALREADYEXISTS", "A mailbox of that name exists already"),
            _ => Completion.No("CANNOT", "That mailbox cannot be renamed so"),
        };
    }
}
