using Courier.Mail.Addresses;

namespace Courier.Accounts;

/// <summary>Where new accounts get their Maildir: a path with <c>{domain}</c> and <c>{user}</c>.</summary>
/// <remarks>A local part may be almost anything (RFC 5321 §4.1.2 has quoted strings): one that could lead elsewhere is refused
/// here, and two addresses that differ never share a path, provided that both words are in the template.</remarks>
public sealed record MaildirTemplate(string Text)
{
    /// <summary>The path for an address; null where its name cannot safely be part of one.</summary>
    public string? For(MailAddress address)
    {
        var user = address.LocalPart.ToLowerInvariant();
        if (!IsSafe(user) || !IsSafe(address.Domain))
            return null;
        var path = Text.Replace("{domain}", address.Domain, StringComparison.Ordinal).Replace("{user}", user, StringComparison.Ordinal);
        return IsUsable(path) ? path : null;
    }

    /// <summary>Whether the path can be stored as a Maildir's.</summary>
    internal static bool IsUsable(string path) =>
        path.Length is > 1 and <= AccountLimits.MaildirChars && Path.IsPathRooted(path) && !path.AsSpan().ContainsAnyInRange('\0', '\x1f')
        && !path.Split('/').Contains("..", StringComparer.Ordinal);

    // Braces would be taken for a word of the template by the next replacement; a leading dot hides the directory or climbs out of it.
    private static bool IsSafe(string component) =>
        component is [not '.', ..] && component.AsSpan().IndexOfAny("/{}\x7f") < 0 && !component.AsSpan().ContainsAnyInRange('\0', '\x1f');
}
