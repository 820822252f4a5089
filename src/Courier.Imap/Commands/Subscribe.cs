using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>SUBSCRIBE and UNSUBSCRIBE: the list of names that LSUB shows. They need not exist.</summary>
/// <remarks>RFC 3501 §6.3.6, §6.3.7: subscribe = "SUBSCRIBE" SP mailbox ; unsubscribe = "UNSUBSCRIBE" SP mailbox</remarks>
internal sealed record SubscribeCommand(MailboxArgument Mailbox, bool Subscribe) : ImapCommand
{
    public static SubscribeCommand Parse(ref ImapParser p, bool subscribe)
    {
        p.Space();
        var mailbox = p.Mailbox();
        p.End();
        return new(mailbox.WithoutTrailingSeparator(), subscribe);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Mailbox.Name is null)
            return Completion.No("CANNOT", "No mailbox can have that name");
        session.Notifications?.Caused(Mailbox.Name);
        await session.Mailboxes.SubscribeAsync(Mailbox.Name, Subscribe, ct);
        return Completion.Ok(Subscribe ? "SUBSCRIBE completed" : "UNSUBSCRIBE completed");
    }
}
