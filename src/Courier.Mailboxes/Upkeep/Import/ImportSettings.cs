using Courier.Mailboxes.Names;

namespace Courier.Mailboxes.Upkeep;

/// <summary>How lines that begin with <c>From </c> were kept from looking like the start of a message.</summary>
public enum FromQuoting
{
    /// <summary>As <see cref="All"/>, but a body whose Content-Length is right and that has bare <c>From </c> lines is taken as it is.</summary>
    Detect,

    /// <summary>Not at all: Content-Length counts (mboxcl2).</summary>
    None,

    /// <summary>One <c>&gt;</c> before <c>From </c> (mboxo: Courier, maildrop, procmail).</summary>
    From,

    /// <summary>One more <c>&gt;</c> before any number of them and <c>From </c> (mboxrd: qmail).</summary>
    All,
}

/// <summary>How to bring mail in.</summary>
public sealed record ImportSettings
{
    /// <summary>Where messages of a single mailbox go; folders of a Maildir and files of a directory go below it.</summary>
    public MailboxName Target { get; init; } = MailboxName.Inbox;

    public FromQuoting Quoting { get; init; }

    /// <summary>Names of folders and files are modified UTF-7 where they can be.</summary>
    public bool HasOldNames { get; init; } = true;

    /// <summary>Waits for other programs to be done with an mbox, and keeps them from it.</summary>
    public bool Locks { get; init; } = true;
}

/// <summary>What an import did to one mailbox.</summary>
/// <param name="Mailbox">Into which.</param>
/// <param name="Source">From where.</param>
/// <param name="Messages">Brought in now.</param>
/// <param name="Known">Messages that an earlier run had brought in.</param>
/// <param name="KeptUids">They have the UIDs that they had there.</param>
public sealed record Imported(MailboxName Mailbox, string Source, int Messages, int Known, bool KeptUids);
