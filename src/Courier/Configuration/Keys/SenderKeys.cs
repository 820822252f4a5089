using System.Net;
using Courier.Mta.Reception.Senders;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on under what names mail is taken.</summary>
internal static class SenderKeys
{
    internal static readonly Setting<AddressPatterns> Refused = new("senders", "refuse", Patterns, "none", "Return paths that are refused (Courier's badfrom): `ada@example.org`, `@example.org`, and `@.example.org` for the domains below it.") { Scope = SettingScope.Session };
    internal static readonly Setting<IReadOnlyList<IPNetwork>> RefusedExchangers = new("senders", "refuse_mx", Types.Networks, "none", "Return paths of domains with a mail exchanger in these networks are refused (badmx).") { Scope = SettingScope.Session };
    internal static readonly Setting<IReadOnlyList<string>> FreeMail = new("senders", "own_hosts.*", Domains, null, "Mail of this domain is taken only from hosts whose names, by DNS there and back, end in the domain or in one of these (freemail): `own_hosts.example.org = example.org, mail.example.net`. Peers that may relay are not asked.") { Scope = SettingScope.Session };
    internal static readonly Setting<bool> CheckDomain = new("senders", "check_domain", Types.YesNo, "no", "The domain of a return path must have a mail exchanger or an address (BOFHCHECKDNS); where the DNS does not answer, the peer is asked to come later.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> CheckHelo = new("senders", "check_helo", Types.Choice("no", "temporary", "permanent"), "no", "The name in EHLO must lead to the peer's address (BOFHCHECKHELO 2 and 1). Peers that may relay are not asked. RFC 5321 §4.1.4 advises against.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> OwnOnly = new("senders", "own_only", Types.Choice("off", "envelope", "header"), "off", "Who logged in may send only as an address of his own: in the return path, or also in From and Sender. The null path may always be used.") { Scope = SettingScope.Session };
    internal static readonly Setting<AddressPatterns> MayUse = new("senders", "may_use.*", Patterns, null, "What an account may use beside the addresses that lead to it: `may_use.ada@example.org = sales@example.org, @lists.example.org`.") { Scope = SettingScope.Session };

    internal static IReadOnlyList<Setting> All => [Refused, RefusedExchangers, FreeMail, CheckDomain, CheckHelo, OwnOnly, MayUse];

    /// <summary>Addresses, domains and the domains below them, with commas.</summary>
    internal static SettingType<AddressPatterns> Patterns => new("none, or addresses, as ada@example.org, @example.org, @.example.org", static (string text, out AddressPatterns value) =>
        AddressPatterns.TryParse(text == "none" ? [] : text.Split(',', StringSplitOptions.TrimEntries), out value));

    private static SettingType<IReadOnlyList<string>> Domains => new("domains, as example.org, mail.example.net", static (string text, out IReadOnlyList<string> value) =>
        (value = [.. text.Split(',', StringSplitOptions.TrimEntries).Select(static domain => domain.ToLowerInvariant())]).All(static domain => Types.HostName.TryParse(domain, out _)));
}
