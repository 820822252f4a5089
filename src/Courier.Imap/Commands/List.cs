using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mail.Headers;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>LIST and LSUB: names of mailboxes, or of subscriptions, that fit a pattern.</summary>
/// <remarks>RFC 3501 §6.3.8, §6.3.9, RFC 3348: list = "LIST" SP mailbox SP list-mailbox ; lsub = "LSUB" SP mailbox SP list-mailbox</remarks>
internal sealed record ListCommand(string Reference, string Pattern, bool SubscribedOnly) : ImapCommand
{
    public static ListCommand Parse(ref ImapParser p, bool subscribedOnly)
    {
        p.Space();
        var reference = Encoding.Latin1.GetString(p.Astring());
        p.Space();
        var pattern = Encoding.Latin1.GetString(p.ListMailbox());
        p.End();
        return new(reference, pattern, subscribedOnly);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Pattern.Length == 0)
            WriteRoot(session.Writer);
        else if (SubscribedOnly)
            await SubscribedAsync(session, ct);
        else
            await AllAsync(session, ct);
        return Completion.Ok(SubscribedOnly ? "LSUB completed" : "LIST completed");
    }

    // An empty pattern asks for the separator and the root of the reference (§6.3.8).
    private void WriteRoot(ImapWriter writer)
    {
        var root = Reference.IndexOf('.', StringComparison.Ordinal);
        Write(writer, "\\Noselect", root < 0 ? "" : Reference[..(root + 1)]);
    }

    private async ValueTask AllAsync(ImapSession session, CancellationToken ct)
    {
        var pattern = new MailboxPattern(Reference, Pattern);
        foreach (var mailbox in await session.Mailboxes.ListAsync(ct))
        {
            var wire = ModifiedUtf7.Encode(mailbox.Name.Value);
            if (pattern.Matches(wire))
                Write(session.Writer, Attributes(mailbox), wire);
            await session.Writer.FlushIfFullAsync();
        }
    }

    private async ValueTask SubscribedAsync(ImapSession session, CancellationToken ct)
    {
        var pattern = new MailboxPattern(Reference, Pattern);
        var subscribed = new List<string>();
        foreach (var name in await session.Mailboxes.SubscriptionsAsync(ct))
            subscribed.Add(ModifiedUtf7.Encode(name.Value));
        var written = new HashSet<string>(subscribed, StringComparer.Ordinal);
        foreach (var wire in subscribed)
        {
            if (pattern.Matches(wire))
                Write(session.Writer, "", wire);
            else if (pattern.EndsInPercent)
                WriteParents(session.Writer, pattern, wire, written);
            await session.Writer.FlushIfFullAsync();
        }
    }

    // "%" does not reach names further down, so their parent is named in their place, \Noselect (§6.3.9).
    private void WriteParents(ImapWriter writer, MailboxPattern pattern, string wire, HashSet<string> written)
    {
        for (var end = wire.LastIndexOf('.'); end > 0; end = wire.LastIndexOf('.', end - 1))
        {
            var parent = wire[..end];
            if (pattern.Matches(parent) && written.Add(parent))
                Write(writer, "\\Noselect", parent);
        }
    }

    private void Write(ImapWriter writer, string attributes, string wire)
    {
        writer.Raw(SubscribedOnly ? "* LSUB ("u8 : "* LIST ("u8);
        writer.Raw(attributes);
        writer.Raw(") \".\" "u8);
        writer.Mailbox(wire);
        writer.Line();
    }

    private static string Attributes(MailboxListing mailbox)
    {
        var children = mailbox.HasChildren ? "\\HasChildren" : "\\HasNoChildren";
        return !mailbox.Exists ? "\\Noselect " + children : mailbox.IsMarked ? "\\Marked " + children : "\\Unmarked " + children;
    }
}
