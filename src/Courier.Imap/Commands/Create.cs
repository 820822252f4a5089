using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>CREATE: makes a mailbox.</summary>
/// <remarks>RFC 3501 §6.3.3: create = "CREATE" SP mailbox. A separator at the end announces names below; the mailbox is made without it.</remarks>
internal sealed record CreateCommand(MailboxArgument Mailbox) : ImapCommand
{
    public static CreateCommand Parse(ref ImapParser p)
    {
        p.Space();
        var mailbox = p.Mailbox();
        p.End();
        return new(mailbox.WithoutTrailingSeparator());
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct) => Mailbox.Name is null
        ? Completion.No("CANNOT", "No mailbox can have that name")
        : await session.Mailboxes.CreateAsync(Mailbox.Name, ct) switch
        {
            CreateOutcome.Created => Completion.Ok("CREATE completed"),
            CreateOutcome.AlreadyExists => Completion.No("ALREADYEXISTS", "That mailbox exists already"),
            _ => Completion.No("CANNOT", "That mailbox cannot be made"),
        };
}
