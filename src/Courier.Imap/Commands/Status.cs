using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>STATUS: counts of a mailbox without entering it.</summary>
/// <remarks>RFC 3501 §6.3.10: status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")" ;
/// status-att = "MESSAGES" / "RECENT" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN"</remarks>
internal sealed record StatusCommand(MailboxArgument Mailbox, IReadOnlyList<string> Items) : ImapCommand
{
    private static readonly string[] _known = ["MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN"];

    public static StatusCommand Parse(ref ImapParser p)
    {
        p.Space();
        var mailbox = p.Mailbox();
        p.Space();
        p.Expect((byte)'(', "Expected a list of items");
        var items = new List<string>();
        do
        {
            var item = Encoding.ASCII.GetString(p.Word()).ToUpperInvariant();
            if (!_known.Contains(item, StringComparer.Ordinal))
                throw new ImapSyntaxException("Unknown item");
            if (!items.Contains(item, StringComparer.Ordinal))
                items.Add(item);
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of items is not closed");
        p.End();
        return new(mailbox, items);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Mailbox.Name is null || await session.Mailboxes.StatusAsync(Mailbox.Name, ct) is not { } status)
            return Completion.NoSuchMailbox;
        var writer = session.Writer;
        writer.Raw("* STATUS "u8);
        writer.Mailbox(Mailbox.Wire);
        writer.Raw($" ({string.Join(' ', Items.Select(item => $"{item} {Value(status, item)}"))})\r\n");
        return Completion.Ok("STATUS completed");
    }

    private static long Value(MailboxStatus status, string item) => item switch
    {
        "MESSAGES" => status.Messages,
        "RECENT" => status.Recent,
        "UIDNEXT" => status.UidNext.Value,
        "UIDVALIDITY" => status.UidValidity.Value,
        _ => status.Unseen,
    };
}
