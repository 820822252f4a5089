using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>APPEND: puts one or several messages into a mailbox, all or none.</summary>
/// <remarks>RFC 3501 §6.3.11, RFC 3502, RFC 4315 §3, RFC 4469 §3: append = "APPEND" SP mailbox 1*append-message ; see <see cref="MessageIntake"/>.</remarks>
internal sealed record AppendCommand(MailboxArgument Mailbox, byte[] Rest) : ImapCommand
{
    public static AppendCommand Parse(ref ImapParser p)
    {
        p.Space();
        var mailbox = p.Mailbox();
        return p.Next((byte)' ') ? new(mailbox, p.Rest.ToArray()) : throw new ImapSyntaxException("Expected a message");
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        // Before anything is sent for nothing.
        if (Mailbox.Name is null || !session.Mailboxes.Exists(Mailbox.Name))
            return Completion.TryCreate;
        using var intake = new MessageIntake(session, Rest);
        var most = session.SavesMax is > 0 and var saves ? Math.Min(saves, session.Limits.AppendMessages) : session.Limits.AppendMessages;
        if (await intake.ReceiveAsync(most) is { } refusal)
            return refusal is { Code: "LIMIT" } && most == session.SavesMax ? MessageLimit.TooMany(most) : refusal;
        if (await session.Mailboxes.AppendAsync(Mailbox.Name, intake.Messages, ct) is not { } placed)
            return Completion.TryCreate;
        session.Notifications?.Caused(Mailbox.Name, placed.Uids);
        session.Record.Appended += intake.Messages.Count;
        return Completion.Ok($"APPENDUID {placed.UidValidity} {SetText.Of(placed.Uids)}", "APPEND completed");
    }
}
