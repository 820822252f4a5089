using System.Text;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;

namespace Courier.Imap.Commands;

/// <summary>LIST: names of mailboxes that fit a pattern, or several, with what is asked for of each.</summary>
/// <remarks>RFC 3501 §6.3.8, RFC 3348, RFC 5258 §3, RFC 6154 §2, RFC 5819 §2, RFC 9590 §3:
/// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]</remarks>
internal sealed record ListCommand(string Reference, IReadOnlyList<string> Patterns, ListOptions Options) : ImapCommand
{
    public static ListCommand Parse(ref ImapParser p)
    {
        p.Space();
        var options = ListOptions.ParseSelection(ref p);
        var reference = (p.Naming.IsUtf8 ? Encoding.UTF8 : Encoding.Latin1).GetString(p.Astring());
        p.Space();
        var isList = p.Next((byte)'(');
        var patterns = ListOptions.Patterns(ref p);
        options = options.ParseReturn(ref p);
        p.End();
        return new(reference, patterns, options with { IsExtended = options.IsExtended || isList });
    }

    public override async ValueTask<Completion> RunAsync(ImapSession session, CancellationToken ct)
    {
        if (Patterns is [""] && !Options.IsExtended)
            WriteRoot(session.Writer);
        else
            await WriteAllAsync(session, ct);
        return Completion.Ok("LIST completed");
    }

    // An empty pattern asks for the separator and the root of the reference (§6.3.8).
    private void WriteRoot(ImapWriter writer)
    {
        var root = Reference.IndexOf('.', StringComparison.Ordinal);
        ListResponse.Write(writer, "LIST", ["\\Noselect"], root < 0 ? "" : Reference[..(root + 1)]);
    }

    private async ValueTask WriteAllAsync(ImapSession session, CancellationToken ct)
    {
        var patterns = Patterns.Select(pattern => new MailboxPattern(Reference, pattern)).ToList();
        var uses = await UsesAsync(session, ct);
        var subscribed = NeedsSubscriptions ? (await session.Mailboxes.SubscriptionsAsync(ct)).ToHashSet() : [];
        var candidates = Candidates(await session.Mailboxes.ListAsync(ct), subscribed, session.Naming);
        var above = IsRecursive ? Above(candidates.Where(mailbox => IsSelected(mailbox.Name, subscribed, uses)), session.Naming) : [];
        foreach (var mailbox in candidates)
        {
            if (session.Naming.Wire(mailbox.Name) is not { } wire || !patterns.Any(pattern => pattern.Matches(wire)))
                continue;
            var isSelected = IsSelected(mailbox.Name, subscribed, uses);
            var children = above.Contains(mailbox.Name) ? Criteria() : [];
            if (!isSelected && children.Count == 0)
                continue;
            ListResponse.Write(session.Writer, "LIST", Attributes(mailbox, subscribed, uses, session), wire, children);
            await session.Writer.FlushIfFullAsync();
            if (isSelected && mailbox.Exists)
                await DescribeAsync(session, mailbox.Name, wire, ct);
        }
    }

    private bool NeedsSubscriptions => (Options.Selection & ListSelection.Subscribed) != 0 || (Options.Return & ListReturn.Subscribed) != 0;

    private bool IsRecursive => (Options.Selection & ListSelection.RecursiveMatch) != 0;

    private async ValueTask<IReadOnlyDictionary<MailboxName, IReadOnlyList<string>>> UsesAsync(ImapSession session, CancellationToken ct) =>
        // RFC 6154 §2: said also where it was not asked for; the basic LIST leaves it out unless it costs nothing, which it does not.
        (Options.Selection & ListSelection.SpecialUse) != 0 || (Options.Return & ListReturn.SpecialUse) != 0
            ? await session.Mailboxes.SpecialUsesAsync(ct)
            : new Dictionary<MailboxName, IReadOnlyList<string>>();

    // Names that are subscribed to count although there is no such mailbox (RFC 5258 §3.1); and what is above them, for those who ask below.
    private List<MailboxListing> Candidates(IReadOnlyList<MailboxListing> listed, HashSet<MailboxName> subscribed, MailboxNaming naming)
    {
        var candidates = listed.ToList();
        if ((Options.Selection & ListSelection.Subscribed) == 0)
            return candidates;
        var known = listed.Select(mailbox => mailbox.Name).ToHashSet();
        foreach (var name in subscribed.OrderBy(name => name.Value, StringComparer.Ordinal))
        {
            for (var at = name; at is { IsInbox: false } && known.Add(at); at = IsRecursive ? at.Parent : null)
                candidates.Add(new(at, Exists: false, HasChildren: subscribed.Any(other => other.IsBelow(at)) || (naming.HasPrefix && at.IsInbox), IsMarked: false));
        }

        return candidates;
    }

    private bool IsSelected(MailboxName name, HashSet<MailboxName> subscribed, IReadOnlyDictionary<MailboxName, IReadOnlyList<string>> uses) =>
        ((Options.Selection & ListSelection.Subscribed) == 0 || subscribed.Contains(name))
        && ((Options.Selection & ListSelection.SpecialUse) == 0 || uses.ContainsKey(name));

    private static HashSet<MailboxName> Above(IEnumerable<MailboxListing> selected, MailboxNaming naming)
    {
        var above = new HashSet<MailboxName>();
        foreach (var mailbox in selected)
        {
            for (var parent = mailbox.Name.Parent; parent is not null && (naming.HasPrefix || !parent.IsInbox) && above.Add(parent); parent = parent.Parent)
            {
            }
        }

        return above;
    }

    private List<string> Criteria()
    {
        var criteria = new List<string>();
        if ((Options.Selection & ListSelection.Subscribed) != 0)
            criteria.Add("SUBSCRIBED");
        if ((Options.Selection & ListSelection.SpecialUse) != 0)
            criteria.Add("SPECIAL-USE");
        return criteria;
    }

    private List<string> Attributes(
        MailboxListing mailbox, HashSet<MailboxName> subscribed, IReadOnlyDictionary<MailboxName, IReadOnlyList<string>> uses, ImapSession session)
    {
        var attributes = new List<string>();
        if (!mailbox.Exists)
            attributes.Add(Options.IsExtended || session.Has(Extensions.Rev2) ? "\\NonExistent" : "\\Noselect");
        else
            attributes.Add(mailbox.IsMarked ? "\\Marked" : "\\Unmarked");
        attributes.Add(mailbox.HasChildren && (session.Naming.HasPrefix || !mailbox.Name.IsInbox) ? "\\HasChildren" : "\\HasNoChildren");
        if (subscribed.Contains(mailbox.Name))
            attributes.Add("\\Subscribed");
        if (uses.TryGetValue(mailbox.Name, out var own))
            attributes.AddRange(own);
        return attributes;
    }

    private async ValueTask DescribeAsync(ImapSession session, MailboxName name, string wire, CancellationToken ct)
    {
        if (Options.Status is { } status)
            await status.WriteAsync(session, name, wire, ct);
        if (Options.Metadata is { } entries && await session.Mailboxes.AnnotationsAsync(name, ct) is { } known)
            await MetadataResponse.WriteAsync(session.Writer, wire, MetadataResponse.Select(known, entries, depth: 0));
        await session.Writer.FlushIfFullAsync();
    }
}
