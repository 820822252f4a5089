using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Courier.Mailboxes.Names;

/// <summary>Name of a mailbox below an account, in Unicode, as Courier shows it: <c>INBOX</c>, <c>INBOX.Sent</c>, <c>INBOX.Lists.Work</c>.
/// The separator is a dot. On disk <c>INBOX.A.B</c> is the Maildir++ folder <c>.A.B</c>, in UTF-8.</summary>
/// <remarks>Two different names are never the same folder and no name leads out of the Maildir: components are not empty (so no "..")
/// and hold no '/', no control character and no half of a surrogate pair, which would all become the same U+FFFD on disk.
/// Names that look like modified UTF-7 (folders of Courier before 1.0) are taken as they are.</remarks>
public sealed record MailboxName
{
    /// <summary>NAME_MAX of Linux's file systems: the folder with its leading dot is one file name.</summary>
    internal const int MaxFolderBytes = 255;

    private const string Root = "INBOX";

    private MailboxName(string value) => Value = value;

    public static MailboxName Inbox { get; } = new(Root);

    public string Value { get; }

    public bool IsInbox => ReferenceEquals(this, Inbox) || Value == Root;

    /// <summary>Name of its directory in the Maildir, as <c>.A.B</c>; empty for INBOX, which is the Maildir itself.</summary>
    internal string Folder => Value[Root.Length..];

    /// <summary>The mailbox above; null for INBOX.</summary>
    public MailboxName? Parent => IsInbox ? null : new MailboxName(Value[..Value.LastIndexOf('.')]);

    /// <summary>Accepts <c>INBOX</c> in any case and names below it; refuses control characters, '/', empty components and
    /// names too long for a file system (courier.md §7.3). Nothing that it accepts leads out of the Maildir.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out MailboxName? name)
    {
        name = null;
        // RFC 3501 §5.1: INBOX is case-insensitive; what is below it is not.
        if (!text.StartsWith(Root, StringComparison.OrdinalIgnoreCase))
            return false;
        if (text.Length == Root.Length)
        {
            name = Inbox;
            return true;
        }

        if (!IsFolder(text.AsSpan(Root.Length)))
            return false;
        name = new MailboxName(string.Concat(Root, text.AsSpan(Root.Length)));
        return true;
    }

    /// <summary>The mailbox that a directory of the Maildir holds; null for directories that are no folder.</summary>
    internal static MailboxName? OfFolder(string directoryName) =>
        IsFolder(directoryName) ? new MailboxName(Root + directoryName) : null;

    /// <summary>Whether it lies somewhere below that one. Everything but INBOX lies below INBOX.</summary>
    public bool IsBelow(MailboxName other) =>
        Value.Length > other.Value.Length && Value[other.Value.Length] == '.' && Value.StartsWith(other.Value, StringComparison.Ordinal);

    /// <summary>This name with the part <paramref name="from"/> at its head replaced; null when that is too long.</summary>
    internal MailboxName? Moved(MailboxName from, MailboxName to) => TryParse(to.Value + Value[from.Value.Length..], out var moved) ? moved : null;

    public override string ToString() => Value;

    private static bool IsFolder(ReadOnlySpan<char> folder)
    {
        if (folder.Length < 2 || folder[0] != '.' || folder[^1] == '.' || folder.Length > MaxFolderBytes || folder.Contains("..", StringComparison.Ordinal))
            return false;
        var bytes = 0;
        while (!folder.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(folder, out var rune, out var consumed) != System.Buffers.OperationStatus.Done || Rune.IsControl(rune) || rune.Value == '/')
                return false;
            bytes += rune.Utf8SequenceLength;
            folder = folder[consumed..];
        }

        return bytes <= MaxFolderBytes;
    }
}
