using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using Courier.Mailboxes.Search;

namespace Courier.Imap.Commands;

/// <summary>SEARCH: the numbers of the messages that fit. The work is done by <see cref="MailboxSearch"/>.</summary>
/// <remarks>RFC 3501 §6.4.4, §7.2.5: search = "SEARCH" [SP "CHARSET" SP astring] 1*(SP search-key)</remarks>
internal sealed record SearchCommand(SearchKey? Key, Numbering Numbering) : ImapCommand
{
    public static SearchCommand Parse(ref ImapParser p, Numbering numbering)
    {
        p.Space();
        if (p.TryWord("CHARSET "u8))
        {
            // What follows is in a charset that we do not read, so it cannot be parsed either.
            if (!IsKnown(Encoding.Latin1.GetString(p.Astring())))
                return new(null, numbering);
            p.Space();
        }

        return new(SearchCriteria.Parse(ref p), numbering);
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Key is null)
            return Completion.No("BADCHARSET (US-ASCII UTF-8)", "Unknown charset");
        var selected = session.Selected!;
        var found = await MailboxSearch.RunAsync(new Scope(selected), Key, ct);
        session.Writer.Raw("* SEARCH"u8);
        session.Writer.IsMidResponse = true;
        foreach (var position in found)
        {
            session.Writer.Raw(" "u8);
            session.Writer.Number(Numbering == Numbering.Uid ? selected.Announced.UidAt(position).Value : position + 1);
            await session.Writer.FlushIfFullAsync();
        }

        session.Writer.Line();
        session.Writer.IsMidResponse = false;
        return Completion.Ok("SEARCH completed");
    }

    private static bool IsKnown(string charset) =>
        charset.Equals("UTF-8", StringComparison.OrdinalIgnoreCase) || charset.Equals("US-ASCII", StringComparison.OrdinalIgnoreCase);

    private sealed class Scope(SelectedMailbox selected) : SearchScope
    {
        public override MailboxSnapshot Snapshot => selected.Announced;

        public override MessageRecord RecordAt(int position) => selected.RecordAt(position);

        public override bool IsRecent(in MessageRecord message) => selected.IsRecent(message);

        public override ValueTask<MessageContent?> OpenAsync(Uid uid, CancellationToken ct) => selected.Mailbox.OpenMessageAsync(uid, ct);
    }
}
