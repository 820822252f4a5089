using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>COPY: messages with flags and dates into another mailbox, all or none.</summary>
/// <remarks>RFC 3501 §6.4.7, RFC 4315 §3: copy = "COPY" SP sequence-set SP mailbox</remarks>
internal sealed record CopyCommand(SequenceSet Messages, MailboxArgument Target, Numbering Numbering) : ImapCommand
{
    public static CopyCommand Parse(ref ImapParser p, Numbering numbering)
    {
        var (messages, target) = p.MessagesAndMailbox();
        return new(messages, target, numbering);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var selected = session.Selected!;
        var uids = selected.Uids(selected.Resolve(Messages, Numbering));
        if (session.SavesMax is > 0 and var most && uids.Count > most)
            return MessageLimit.TooMany(most);
        if (uids.Count == 0)
            return Completion.Ok("There was nothing to copy");
        if (Target.Name is null || await selected.Mailbox.CopyAsync(uids, Target.Name, ct) is not { } result)
            return Completion.TryCreate;
        session.Notifications?.Caused(Target.Name, result.Copies);
        return result.Copies.Count == 0
            ? Completion.SomeExpunged
            : Completion.Ok($"COPYUID {result.UidValidity} {SetText.Of(result.Sources)} {SetText.Of(result.Copies)}", "COPY completed");
    }
}
