using System.Text;
using Courier.Mail.Headers;
using Courier.Mailboxes.Names;

namespace Courier.Imap.Grammar;

/// <summary>How one session writes the names of mailboxes: with Courier's <c>INBOX.</c> in front or without (a setting), and in modified
/// UTF-7 (RFC 3501 §5.1.3) or, once the client has enabled it, in UTF-8 (RFC 6855 §3, RFC 9051 §5.1).</summary>
/// <remarks>Without the prefix <c>Sent</c> is the mailbox that Courier calls <c>INBOX.Sent</c>; INBOX itself is INBOX either way. A folder
/// which would then be called INBOX too cannot be spoken of, so it is not shown.</remarks>
internal sealed record MailboxNaming(bool HasPrefix, bool IsUtf8)
{
    private const string Root = "INBOX";
    private const string Below = Root + ".";

    private static readonly MailboxNaming[] _all = [new(false, false), new(true, false), new(false, true), new(true, true)];

    /// <summary>As Courier has it.</summary>
    public static MailboxNaming Default { get; } = _all[1];

    /// <summary>One object for all sessions that write alike.</summary>
    public static MailboxNaming Of(bool hasPrefix, bool isUtf8) => _all[(hasPrefix ? 1 : 0) + (isUtf8 ? 2 : 0)];

    /// <summary>What stands before the name of every folder (RFC 2342).</summary>
    public string Prefix => HasPrefix ? Below : "";

    /// <summary>A name as the client wrote it. One that no mailbox can have is an answer, not an error.</summary>
    public MailboxArgument Read(ReadOnlySpan<byte> text)
    {
        if (IsUtf8)
            return Of(ImapParser.Utf8(text), ImapParser.Utf8(text));
        var wire = Encoding.Latin1.GetString(text);
        return ModifiedUtf7.TryDecode(text, out var decoded) ? Of(wire, decoded) : new(wire, null, this);
    }

    /// <summary>The name in a URL, whose escapes are undone: UTF-8 (RFC 5092 §11).</summary>
    public MailboxName? OfUrl(byte[] text) => System.Text.Unicode.Utf8.IsValid(text) ? Of(HasPrefix, isUtf8: true).Read(text).Name : null;

    /// <summary>A name as the client is told it; null for one that cannot be told.</summary>
    public string? Wire(MailboxName name)
    {
        var value = HasPrefix || name.IsInbox ? name.Value : name.Value[Below.Length..];
        if (!name.IsInbox && value.Equals(Root, StringComparison.OrdinalIgnoreCase))
            return null;
        return IsUtf8 ? value : ModifiedUtf7.Encode(value);
    }

    private MailboxArgument Of(string wire, string decoded)
    {
        var full = HasPrefix || decoded.Equals(Root, StringComparison.OrdinalIgnoreCase) ? decoded : Below + decoded;
        return new(wire, MailboxName.TryParse(full, out var name) ? name : null, this);
    }
}

/// <summary>A mailbox name as the client wrote it, and what it names; null where no mailbox can have that name.</summary>
internal readonly record struct MailboxArgument(string Wire, MailboxName? Name, MailboxNaming Naming)
{
    /// <summary>The name as it came, where it was put right since; else null.</summary>
    public string? Supplied { get; init; }

    /// <summary>What the client calls it, where we call it otherwise (RFC 9051 §6.3.9.7); else null.</summary>
    public string? OldName => Name is not null && Naming.Wire(Name) is { } wire && wire != (Supplied ?? Wire) ? Supplied ?? Wire : null;

    /// <summary>A name that ends with the separator announces names below it (RFC 3501 §6.3.3).</summary>
    public bool HasTrailingSeparator => Wire.EndsWith('.');

    /// <summary>The same without the separator at its end.</summary>
    public MailboxArgument WithoutTrailingSeparator() =>
        HasTrailingSeparator ? Naming.Read((Naming.IsUtf8 ? Encoding.UTF8 : Encoding.Latin1).GetBytes(Wire[..^1])) with { Supplied = Wire } : this;
}
