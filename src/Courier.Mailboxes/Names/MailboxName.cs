namespace Courier.Mailboxes.Names;

/// <summary>Name of a mailbox below an account, in Unicode, as Courier shows it: <c>INBOX</c>, <c>INBOX.Sent</c>, <c>INBOX.Lists.Work</c>.
/// The separator is a dot. On disk <c>INBOX.A.B</c> is the Maildir++ folder <c>.A.B</c>, in UTF-8.</summary>
public sealed record MailboxName
{
    private MailboxName(string value) => Value = value;

    public static MailboxName Inbox { get; } = new("INBOX");

    public string Value { get; }

    public bool IsInbox => ReferenceEquals(this, Inbox) || Value == "INBOX";

    /// <summary>Accepts <c>INBOX</c> in any case and names below it; refuses control characters, '/', empty components and
    /// names too long for a file system (courier.md §7.3). Nothing that it accepts leads out of the Maildir.</summary>
    public static bool TryParse(string text, out MailboxName? name) => throw new NotImplementedException();

    public override string ToString() => Value;
}
