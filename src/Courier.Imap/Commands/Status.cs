using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>STATUS: counts of a mailbox without entering it.</summary>
/// <remarks>RFC 3501 §6.3.10: status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")" ; see <see cref="StatusItems"/>.</remarks>
internal sealed record StatusCommand(MailboxArgument Mailbox, StatusItems Items) : ImapCommand
{
    public static StatusCommand Parse(ref ImapParser p)
    {
        p.Space();
        var mailbox = p.Mailbox();
        p.Space();
        var items = StatusItems.Parse(ref p);
        p.End();
        return new(mailbox, items);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct) =>
        Mailbox.Name is not null && await Items.WriteAsync(session, Mailbox.Name, Mailbox.Wire, ct) ? Completion.Ok("STATUS completed") : Completion.NoSuchMailbox;
}
