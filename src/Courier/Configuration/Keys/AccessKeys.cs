using Courier.MailAuth.DnsLists;
using Courier.Mta.Reception.Access;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on who may connect and send.</summary>
internal static class AccessKeys
{
    internal static readonly Setting<string> AccessList = new("access", "smtpaccess", Types.Path, null, "File or directory as Courier has it: in each line a network, a tab, and `deny` or `allow,NAME=value`. Of several networks that a peer is in the smallest alone counts. An edit counts at once; one with a mistake in it does not count.") { Scope = SettingScope.Session };
    internal static readonly Setting<AccessEntry> AccessNetwork = new("access", "network.*", Types.Access, null, "The same for one network: `network.192.0.2.0/24 = deny`, `network.10.0.0.0/8 = relay, size=100MiB`, `network.* = login`. It counts before a line of `smtpaccess` for that network.")
    {
        AcceptsName = name => AccessScope.Parse(name) is not null,
        ExpectedName = "a network, as 192.0.2.7, 192.0.2.0/24, 2001:db8::/32 or *, or a port of ours, as *.25",
        Scope = SettingScope.Session,
    };
    internal static readonly Setting<IReadOnlyList<DnsList>> DnsLists = new("access", "dns_lists", Types.DnsLists, "none", "Lists of addresses in the DNS (RFC 5782, Courier's BLACKLISTS): `allow list.example.org; block bl.example.net; block bl.example.org/127.0.0.2 Go away`. The first that has the peer counts. Recipients are refused with the text, or with what the list says. Only of answers that are named, or else of all in 127.0.0.0/8. Not for users, nor for peers that may relay or that an access list allows.") { Scope = SettingScope.Session };
    internal static readonly Setting<bool> DropListed = new("access", "drop_listed", Types.YesNo, "no", "Whom `dns_lists` refuse is sent away before the greeting (Courier's DROP). At `smtp` only.") { Scope = SettingScope.Session };
    internal static readonly Setting<bool> LoginRequired = new("access", "login_required", Types.YesNo, "no", "Mail is taken only after a login (Courier's AUTH_REQUIRED), unless an access list says otherwise. A submission listener always asks for one.") { Scope = SettingScope.Session };
    internal static readonly Setting<bool> TlsRequired = new("access", "tls_required", Types.YesNo, "no", "Mail is taken only over TLS (ESMTP_TLS_REQUIRED), unless an access list says otherwise.") { Scope = SettingScope.Session };
    internal static readonly Setting<TimeSpan> GreetingDelay = new("access", "greeting_delay", Types.Duration, "0s", "How long peers must wait for the greeting. Those that speak before it are sent away. Not for peers that an access list allows, nor for those on this machine.") { Scope = SettingScope.Session };

    internal static IReadOnlyList<Setting> All => [AccessList, AccessNetwork, DnsLists, DropListed, LoginRequired, TlsRequired, GreetingDelay];
}
