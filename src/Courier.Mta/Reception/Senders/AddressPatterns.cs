using Courier.Mail.Addresses;

namespace Courier.Mta.Reception.Senders;

/// <summary>A set of addresses as operators write it: <c>user@domain</c>, <c>@domain</c> for all of a domain, <c>@.domain</c> and
/// <c>user@.domain</c> for the domains below it. Case does not count.</summary>
/// <remarks>A look-up costs as many steps as the domain has labels, however many patterns there are.</remarks>
public sealed class AddressPatterns
{
    private readonly HashSet<string> _patterns;

    private AddressPatterns(HashSet<string> patterns) => _patterns = patterns;

    public static AddressPatterns None { get; } = new([]);

    public bool IsEmpty => _patterns.Count == 0;

    /// <summary>False where one of them is none.</summary>
    public static bool TryParse(IEnumerable<string> texts, out AddressPatterns patterns)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var all = new HashSet<string>(StringComparer.Ordinal);
        patterns = new(all);
        foreach (var text in texts)
        {
            if (Read(text) is not { } pattern)
                return false;
            all.Add(pattern);
        }

        return true;
    }

    public bool Matches(MailAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (IsEmpty)
            return false;
        var user = address.Key[..^(address.Domain.Length + 1)];
        if (Has(user, address.Domain))
            return true;
        for (var dot = address.Domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = address.Domain.IndexOf('.', dot + 1))
        {
            if (Has(user, address.Domain[dot..]))
                return true;
        }

        return false;
    }

    private bool Has(string user, string domain) => _patterns.Contains("@" + domain) || _patterns.Contains(user + "@" + domain);

    private static string? Read(string text)
    {
        var at = text.LastIndexOf('@');
        if (at < 0)
            return null;
        var isBelow = at + 1 < text.Length && text[at + 1] == '.';
        var user = at == 0 ? "x" : text[..at];
        if (!MailAddress.TryParse($"{user}@{text[(at + (isBelow ? 2 : 1))..]}", out var address))
            return null;
        var domain = (isBelow ? "." : "") + address!.Domain;
        return at == 0 ? "@" + domain : address.Key[..^(address.Domain.Length + 1)] + "@" + domain;
    }
}
