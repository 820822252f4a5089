using Courier.Mailboxes.Names;

namespace Courier.Imap.Grammar;

/// <summary>Which mailboxes a filter is about.</summary>
internal enum MailboxScope
{
    Selected,
    SelectedDelayed,
    Inboxes,
    Personal,
    Subscribed,
    Subtree,
    SubtreeOne,
    Mailboxes,
}

/// <summary>Names a set of mailboxes for NOTIFY (RFC 5465 §6) and ESEARCH (RFC 7377 §2.2).</summary>
/// <remarks>filter-mailboxes = "selected" / "selected-delayed" / "inboxes" / "personal" / "subscribed" / "subtree" SP one-or-more-mailbox /
/// "subtree-one" SP one-or-more-mailbox / "mailboxes" SP one-or-more-mailbox ; one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")".
/// Names that no mailbox has are passed over.</remarks>
internal sealed record MailboxFilter(MailboxScope Scope, IReadOnlyList<MailboxArgument> Names)
{
    private const int NamesMax = 100;

    public bool IsOfSelected => Scope is MailboxScope.Selected or MailboxScope.SelectedDelayed;

    public static MailboxFilter Parse(ref ImapParser p) => p.Name() switch
    {
        "SELECTED" => new(MailboxScope.Selected, []),
        "SELECTED-DELAYED" => new(MailboxScope.SelectedDelayed, []),
        // Where mail is delivered cannot be told from here: §6.3 makes it all of them then.
        "INBOXES" => new(MailboxScope.Inboxes, []),
        "PERSONAL" => new(MailboxScope.Personal, []),
        "SUBSCRIBED" => new(MailboxScope.Subscribed, []),
        "SUBTREE" => new(MailboxScope.Subtree, ReadNames(ref p)),
        "SUBTREE-ONE" => new(MailboxScope.SubtreeOne, ReadNames(ref p)),
        "MAILBOXES" => new(MailboxScope.Mailboxes, ReadNames(ref p)),
        _ => throw new ImapSyntaxException("Unknown choice of mailboxes"),
    };

    /// <summary>Whether a mailbox of the account is among them; of the selected one it knows nothing.</summary>
    public bool Covers(MailboxName name, IReadOnlySet<MailboxName> subscribed) => Scope switch
    {
        MailboxScope.Inboxes or MailboxScope.Personal => true,
        MailboxScope.Subscribed => subscribed.Contains(name),
        MailboxScope.Mailboxes => Names.Any(root => root.Name == name),
        MailboxScope.Subtree => Names.Any(root => root.Name is { } top && (top == name || (IsAbove(root, top) && name.IsBelow(top)))),
        MailboxScope.SubtreeOne => Names.Any(root => root.Name is { } top && (top == name || (IsAbove(root, top) && name.Parent == top))),
        _ => false,
    };

    // Without the prefix nothing is below INBOX, whatever the names are called within.
    private static bool IsAbove(MailboxArgument root, MailboxName top) => root.Naming.HasPrefix || !top.IsInbox;

    private static List<MailboxArgument> ReadNames(ref ImapParser p)
    {
        p.Space();
        if (!p.TryByte((byte)'('))
            return [p.Mailbox()];
        var names = new List<MailboxArgument>();
        do
        {
            if (names.Count == NamesMax)
                throw new ImapSyntaxException("Too many mailboxes");
            names.Add(p.Mailbox());
        }
        while (p.TrySpace());
        p.Expect((byte)')', "The list of mailboxes is not closed");
        return names;
    }
}
