using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;

namespace Courier.Imap.Commands;

/// <summary>LSUB: subscriptions that fit a pattern, whether or not there are such mailboxes.</summary>
/// <remarks>RFC 3501 §6.3.9: lsub = "LSUB" SP mailbox SP list-mailbox</remarks>
internal sealed record LsubCommand(string Reference, string Pattern) : ImapCommand
{
    public static LsubCommand Parse(ref ImapParser p)
    {
        p.Space();
        var encoding = p.Naming.IsUtf8 ? Encoding.UTF8 : Encoding.Latin1;
        var reference = encoding.GetString(p.Astring());
        p.Space();
        var pattern = encoding.GetString(p.ListMailbox());
        p.End();
        return new(reference, pattern);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var pattern = new MailboxPattern(Reference, Pattern);
        var subscribed = (await session.Mailboxes.SubscriptionsAsync(ct)).Select(session.Naming.Wire).OfType<string>().ToList();
        var written = new HashSet<string>(subscribed, StringComparer.Ordinal);
        if (Pattern.Length == 0)
            ListResponse.Write(session.Writer, "LSUB", ["\\Noselect"], "");
        foreach (var wire in subscribed)
        {
            if (pattern.Matches(wire))
                ListResponse.Write(session.Writer, "LSUB", [], wire);
            else if (pattern.EndsInPercent)
                WriteParents(session.Writer, pattern, wire, written);
            await session.Writer.FlushIfFullAsync();
        }

        return Completion.Ok("LSUB completed");
    }

    // "%" does not reach names further down, so their parent is named in their place, \Noselect (§6.3.9).
    private static void WriteParents(ImapWriter writer, MailboxPattern pattern, string wire, HashSet<string> written)
    {
        for (var end = wire.LastIndexOf('.'); end > 0; end = wire.LastIndexOf('.', end - 1))
        {
            var parent = wire[..end];
            if (pattern.Matches(parent) && written.Add(parent))
                ListResponse.Write(writer, "LSUB", ["\\Noselect"], parent);
        }
    }
}
