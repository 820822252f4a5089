using Courier.Imap.Grammar;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;

namespace Courier.Imap.Responses;

/// <summary>What STATUS is asked for, also by LIST (RFC 5819), and its answer.</summary>
/// <remarks>status-att = "MESSAGES" / "RECENT" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN" (RFC 3501 §6.3.10) / "DELETED" (RFC 9051 §6.3.11) /
/// "HIGHESTMODSEQ" (RFC 7162 §3.1.7) / "SIZE" (RFC 8438 §2) / "APPENDLIMIT" (RFC 7889 §4) / "DELETED-STORAGE" (RFC 9208 §4.1.4) / "MAILBOXID" (RFC 8474 §4.3)</remarks>
internal sealed record StatusItems(IReadOnlyList<string> Names)
{
    private static readonly string[] _known =
        ["MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "DELETED", "HIGHESTMODSEQ", "SIZE", "APPENDLIMIT", "MAILBOXID", "DELETED-STORAGE"];

    public static StatusItems Parse(ref ImapParser p)
    {
        p.Expect((byte)'(', "Expected a list of items");
        var items = new List<string>();
        do
        {
            var item = p.Name();
            if (!_known.Contains(item, StringComparer.Ordinal))
                throw new ImapSyntaxException("Unknown item");
            if (!items.Contains(item, StringComparer.Ordinal))
                items.Add(item);
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of items is not closed");
        return new(items);
    }

    /// <summary>False where there is no such mailbox.</summary>
    public async ValueTask<bool> WriteAsync(ImapSession session, MailboxName name, string wire, CancellationToken ct)
    {
        if (Names.Contains("HIGHESTMODSEQ", StringComparer.Ordinal))
            session.Enable(Extensions.Condstore); // RFC 7162 §3.1
        if (await session.Mailboxes.StatusAsync(name, ct) is not { } status)
            return false;
        var id = Names.Contains("MAILBOXID", StringComparer.Ordinal) ? await session.Mailboxes.MailboxIdAsync(name, ct) : null;
        var writer = session.Writer;
        writer.Raw("* STATUS "u8);
        writer.Mailbox(wire);
        writer.Raw(" ("u8);
        for (var i = 0; i < Names.Count; i++)
            writer.Raw(Names[i] == "MAILBOXID" ? $"{(i > 0 ? " " : "")}MAILBOXID ({id})" : $"{(i > 0 ? " " : "")}{Names[i]} {Value(session, status, Names[i])}");
        writer.Raw(")\r\n"u8);
        return true;
    }

    private static long Value(ImapSession session, MailboxStatus status, string item) => item switch
    {
        "MESSAGES" => status.Messages,
        "RECENT" => status.Recent,
        "UIDNEXT" => status.UidNext.Value,
        "UIDVALIDITY" => status.UidValidity.Value,
        "DELETED" => status.Deleted,
        "HIGHESTMODSEQ" => status.HighestModSeq.Value,
        "SIZE" => status.Size,
        "DELETED-STORAGE" => status.DeletedSize,
        "APPENDLIMIT" => session.Limits.MessageBytes,
        _ => status.Unseen,
    };
}
