using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;

namespace Courier.Imap.Commands;

/// <summary>GETQUOTA and GETQUOTAROOT: what the account may hold. Each account has one quota root, named as Courier names it, or none without limits.</summary>
/// <remarks>RFC 9208 §4.1, §7: getquota = "GETQUOTA" SP quota-root-name ; getquotaroot = "GETQUOTAROOT" SP mailbox</remarks>
internal sealed record QuotaCommand(string? Root, MailboxArgument Mailbox) : ImapCommand
{
    private const string OnlyRoot = "ROOT";
    private const int UnitBytes = 1024; // §5.1

    public static QuotaCommand Parse(ref ImapParser p)
    {
        p.Space();
        var root = Encoding.Latin1.GetString(p.Astring());
        p.End();
        return new(root, default);
    }

    public static QuotaCommand ParseRoot(ref ImapParser p)
    {
        p.Space();
        var mailbox = p.Mailbox();
        p.End();
        return new(null, mailbox);
    }

    public override ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        var quota = session.Mailboxes.Quota();
        if (Root is not null && (Root != OnlyRoot || quota is null))
            return new(Completion.No("NONEXISTENT", "There is no such quota root"));
        if (Root is null && Mailbox.Name is null)
            return new(Completion.NoSuchMailbox); // a name that no mailbox can have; else it need not be there (§4.1.2)
        var writer = session.Writer;
        if (Root is null)
        {
            writer.Raw("* QUOTAROOT "u8);
            writer.Mailbox(Mailbox.Wire);
            writer.Raw(quota is null ? "\r\n" : $" \"{OnlyRoot}\"\r\n");
        }

        if (quota is not null)
            writer.Raw($"* QUOTA \"{OnlyRoot}\" ({string.Join(' ', Resources(quota))})\r\n");
        return new(Completion.Ok(Root is null ? "GETQUOTAROOT completed" : "GETQUOTA completed"));
    }

    private static IEnumerable<string> Resources(AccountQuota quota)
    {
        if (quota.BytesMax is { } bytes)
            yield return $"STORAGE {Units(quota.Bytes)} {bytes / UnitBytes}";
        if (quota.MessagesMax is { } messages)
            yield return $"MESSAGE {quota.Messages} {messages}";
    }

    private static long Units(long bytes) => (bytes / UnitBytes) + (bytes % UnitBytes > 0 ? 1 : 0);
}
