using System.Text;

namespace Courier.Mailboxes.Names;

/// <summary>What a mailbox is for (RFC 6154 §2): what CREATE or SETMETADATA said, kept as the entry <c>/private/specialuse</c> (§4), and where nothing
/// was said for a use, the first mailbox with one of the names that programs give to it.</summary>
public static class SpecialUses
{
    /// <summary>Where it is kept.</summary>
    public const string Entry = "/private/specialuse";

    /// <summary>The uses that a mailbox can have here, and the names that speak for them, the likelier first.</summary>
    private static readonly (string Use, string[] Names)[] _known =
    [
        ("\\Archive", ["Archive", "Archives"]),
        ("\\Drafts", ["Drafts"]),
        ("\\Junk", ["Junk", "Spam"]),
        ("\\Sent", ["Sent", "Sent Items", "Sent Messages"]),
        ("\\Trash", ["Trash", "Deleted Items", "Deleted Messages"]),
    ];

    /// <summary>As it is written; null for what no mailbox here can be.</summary>
    public static string? Find(string use) => _known.FirstOrDefault(known => known.Use.Equals(use, StringComparison.OrdinalIgnoreCase)).Use;

    /// <summary>Reads a list of uses as it is kept: separated by spaces. Null when one of them is unknown.</summary>
    public static IReadOnlyList<string>? Parse(ReadOnlySpan<byte> value)
    {
        var uses = Encoding.UTF8.GetString(value).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Find).ToList();
        return uses.Contains(null) ? null : [.. uses.OfType<string>().Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Of all mailboxes that have one.</summary>
    internal static Dictionary<MailboxName, IReadOnlyList<string>> Of(IReadOnlyList<MailboxName> mailboxes, Func<MailboxName, byte[]?> said)
    {
        var uses = new Dictionary<MailboxName, IReadOnlyList<string>>();
        foreach (var mailbox in mailboxes)
        {
            if (said(mailbox) is { } value && Parse(value) is { Count: > 0 } parsed)
                uses[mailbox] = parsed;
        }

        foreach (var (use, names) in _known)
        {
            if (uses.Values.Any(list => list.Contains(use, StringComparer.Ordinal)))
                continue;
            var guess = names.Select(name => mailboxes.FirstOrDefault(mailbox => !uses.ContainsKey(mailbox) && mailbox.Value.Equals("INBOX." + name, StringComparison.OrdinalIgnoreCase)))
                .FirstOrDefault(mailbox => mailbox is not null);
            if (guess is not null)
                uses[guess] = [use];
        }

        return uses;
    }
}
