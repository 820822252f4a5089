using System.Net;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.Reception.Access;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on whose mail is handed on, and on how it goes to other servers.</summary>
internal static class RelayKeys
{
    internal static readonly Setting<IReadOnlyList<IPNetwork>> Networks = new("relay", "networks", Types.Networks, "none", "Peers that may relay without a login.") { Scope = SettingScope.Session };
    internal static readonly Setting<Func<string, DomainSet>> Domains = new("relay", "domains", Types.Domains, "none", "Domains of others whose mail is taken from anybody and handed on, as a backup server does: `example.org`; `.example.org` for all below it, without itself; `!not.example.org` before that for an exception.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> DomainList = new("relay", "esmtpacceptmailfor", Types.Path, null, "File of such domains as Courier has it, one in a line, and the directory of the same name with `.dir`. An edit counts at once.") { Scope = SettingScope.Session };
    internal static readonly Setting<Func<string, DomainSet>> PercentDomains = new("relay", "percent_domains", Types.Domains, "none", "Domains to which mail for `user%domain@ours` is handed on as `user@domain`.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> PercentList = new("relay", "esmtppercentrelay", Types.Path, null, "File of such domains as Courier has it, and the directory of the same name with `.dir`.") { Scope = SettingScope.Session };
    internal static readonly Setting<NextHop> NextHop = new("relay", "next_hop", Types.NextHop, null, "Takes the mail for all domains that are not ours. Without it such mail goes to the domains' mail exchangers.");
    internal static readonly Setting<NextHop> Route = new("relay", "route.*", Types.NextHop, null, "Next hop of one domain: `route.example.org = 192.0.2.1:25`; `route..example.org` is for all domains below it; `mx` means the domain's own mail exchangers, with the flags that follow: `route.example.org = mx required ipv4`.");
    internal static readonly Setting<string> Routes = new("relay", "esmtproutes", Types.Path, null, "File of routes as Courier has it: `domain:relay,port /SECURITY=STARTTLS`. Asked after `route.*` and before `next_hop`; an edit counts at once.");
    internal static readonly Setting<string> Logins = new("relay", "esmtpauthclient", Types.Path, null, "File of logins as Courier has it: `relay,port user password`, for next hops of any origin.");
    internal static readonly Setting<string> Trust = new("relay", "trusted_certificates", Types.Path, null, "PEM file of the authorities whose certificates are good for `verified` hops, for MTA-STS and for the web servers of its policies. Default: the system's.");
    internal static readonly Setting<bool> StartTls = new("relay", "starttls", Types.YesNo, "yes", "Use TLS where a server offers it and nothing asks for it. `no` is for a server whose TLS is broken as a whole; what routes, DANE and MTA-STS ask for holds.");
    internal static readonly Setting<bool> Dane = new("relay", "dane", Types.YesNo, "yes", "Hold servers to the TLSA records of their domain (RFC 7672), where a validating resolver on this host, or one of `[dns] servers`, vouches for them.");
    internal static readonly Setting<bool> Sts = new("relay", "mta_sts", Types.YesNo, "yes", "Hold servers to the MTA-STS policy of the domain (RFC 8461).");
    internal static readonly Setting<bool> TlsReports = new("relay", "tls_reports", Types.YesNo, "no", "Tell the domains that ask for it, once a day, how TLS with their servers went (RFC 8460). Reports by mail are not signed (DKIM), though RFC 8460 §3 asks for it, so that some domains ignore them; those by HTTPS need no signature.");
    internal static readonly Setting<string> Prefer = new("relay", "prefer", Types.Choice("ipv6", "ipv4", "balanced"), "ipv6", "Which addresses of a host are tried first.");
    internal static readonly Setting<string> Helo = new("relay", "helo", Types.HeloName, null, "Our name in EHLO when we send (Courier's esmtphelo). Default: `[server] hostname`.") { Scope = SettingScope.VirtualHost };
    internal static readonly Setting<TimeSpan> ConnectTimeout = new("relay", "connect_timeout", Types.Duration, "30s", "How long a connection to one address may take (Courier's esmtptimeoutconnect).");
    internal static readonly Setting<TimeSpan> GreetingTimeout = new("relay", "greeting_timeout", Types.Duration, "5min", "How long greeting, EHLO and login may each take (Courier's esmtptimeouthelo).");
    internal static readonly Setting<TimeSpan> CommandTimeout = new("relay", "command_timeout", Types.Duration, "5min", "How long MAIL and each RCPT may take (Courier's esmtptimeout).");
    internal static readonly Setting<TimeSpan> DataTimeout = new("relay", "data_timeout", Types.Duration, "10min", "How long the answer to a whole message may take (Courier's esmtptimeoutdata; RFC 5321 §4.5.3.2.6).");
    internal static readonly Setting<TimeSpan> Idle = new("relay", "idle_timeout", Types.Duration, "30s", "How long a connection without mail is kept for the next message (Courier's esmtptimeoutkeepalive).");
    internal static readonly Setting<TimeSpan> Pause = new("relay", "pause_after_failure", Types.Duration, "5min", "A destination none of whose hosts could be reached is left alone for this long, at most for `[queue] retry_first` (Courier's esmtpdelay).");
    internal static readonly Setting<bool> Hold = new("relay", "hold", Types.YesNo, "no", "Keep all mail for other domains in the queue.");
    internal static readonly Setting<IPAddress> SourceV4 = new("relay", "source_ipv4", Types.SourceV4, null, "Our IPv4 address on connections to other servers (Courier's ipout). `system`, or without it: the system chooses. May be another for a virtual host: `[relay @ address 192.0.2.7]`, `[relay @ domain example.org]`.") { Scope = SettingScope.VirtualHost };
    internal static readonly Setting<IPAddress> SourceV6 = new("relay", "source_ipv6", Types.SourceV6, null, "Our IPv6 address on connections to other servers (Courier's ip6out), likewise.") { Scope = SettingScope.VirtualHost };

    internal static IReadOnlyList<Setting> All =>
    [
        Networks, Domains, DomainList, PercentDomains, PercentList, NextHop, Route, Routes, Logins, Trust, StartTls, Dane, Sts,
        TlsReports, Prefer, Helo, ConnectTimeout, GreetingTimeout, CommandTimeout, DataTimeout, Idle, Pause, Hold, SourceV4,
        SourceV6,
    ];
}
