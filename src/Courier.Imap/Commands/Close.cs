using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>CLOSE leaves the mailbox and removes its \Deleted messages without a word; UNSELECT only leaves.</summary>
/// <remarks>RFC 3501 §6.4.2: "CLOSE"; RFC 3691 §2: "UNSELECT"</remarks>
internal sealed record CloseCommand(bool Expunges) : ImapCommand
{
    public static CloseCommand Parse(ref ImapParser p, bool expunges)
    {
        p.End();
        return new(expunges);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Expunges && session.Selected is { IsReadOnly: false } selected)
            session.Record.Expunged += (await selected.Mailbox.ExpungeAsync(only: null, ct)).Count;
        await session.SelectAsync(null);
        return Completion.Ok(Expunges ? "CLOSE completed" : "UNSELECT completed");
    }
}
