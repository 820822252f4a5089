using System.Net;
using Courier.Mail.Addresses;
using Courier.MailAuth.DnsLists;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.Reception.Access;
using Courier.Mta.Reception.Rates;
using Courier.Queue;
using Courier.Smtp.Server;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration;

/// <summary>Every key there is, with its type, default and manual text. The reference manual is printed from this table.</summary>
internal static class SettingTable
{
    internal static readonly Setting<string> HostName = new("server", "hostname", Types.HostName, null, "Name of this host in greetings, Received fields and reports. Default: the system's name.");
    internal static readonly Setting<string> State = new("server", "state", Types.Path, null, "Directory of the queue, the accounts and the certificate. Required.");

    internal static readonly Setting<string> Certificate = new("tls", "certificate", Types.Path, null, "PEM file with the certificate and its chain. Without it one is made and signed by itself; `none` turns TLS off.");
    internal static readonly Setting<string> CertificateKey = new("tls", "key", Types.Path, null, "PEM file with the private key. Default: the certificate's file.");

    internal static readonly Setting<string> DefaultDomain = new("accounts", "default_domain", Types.HostName, null, "Domain of logins and of `postmaster` without one.");
    internal static readonly Setting<string> Maildirs = new("accounts", "maildirs", Types.Path, null, "Where new accounts get their Maildir; `{domain}` and `{user}` are filled in. Default: `mail/{domain}/{user}/Maildir` below the state directory.");
    internal static readonly Setting<string> CleartextLogins = new("accounts", "cleartext_logins", Types.Choice("never", "loopback", "always"), "never", "Whether passwords may cross a connection without TLS.");

    internal static readonly Setting<MailAddress> Postmaster = new("accounts", "postmaster", Types.Address, null, "Who gets mail for `postmaster` where there is no such account (RFC 5321 §4.5.1).");

    internal static readonly Setting<IReadOnlyList<IPNetwork>> RelayNetworks = new("relay", "networks", Types.Networks, "none", "Peers that may relay without a login.");
    internal static readonly Setting<Func<string, DomainSet>> RelayDomains = new("relay", "domains", Types.Domains, "none", "Domains of others whose mail is taken from anybody and handed on, as a backup server does: `example.org`; `.example.org` for all below it, without itself; `!not.example.org` before that for an exception.");
    internal static readonly Setting<string> RelayDomainList = new("relay", "esmtpacceptmailfor", Types.Path, null, "File of such domains as Courier has it, one in a line, and the directory of the same name with `.dir`. An edit counts at once.");
    internal static readonly Setting<Func<string, DomainSet>> PercentDomains = new("relay", "percent_domains", Types.Domains, "none", "Domains to which mail for `user%domain@ours` is handed on as `user@domain`.");
    internal static readonly Setting<string> PercentList = new("relay", "esmtppercentrelay", Types.Path, null, "File of such domains as Courier has it, and the directory of the same name with `.dir`.");
    internal static readonly Setting<NextHop> RelayNextHop = new("relay", "next_hop", Types.NextHop, null, "Takes the mail for all domains that are not ours. Without it such mail goes to the domains' mail exchangers.");
    internal static readonly Setting<NextHop> RelayRoute = new("relay", "route.*", Types.NextHop, null, "Next hop of one domain: `route.example.org = 192.0.2.1:25`; `route..example.org` is for all domains below it; `mx` means the domain's own mail exchangers, with the flags that follow: `route.example.org = mx required ipv4`.");
    internal static readonly Setting<string> RelayRoutes = new("relay", "esmtproutes", Types.Path, null, "File of routes as Courier has it: `domain:relay,port /SECURITY=STARTTLS`. Asked after `route.*` and before `next_hop`; an edit counts at once.");
    internal static readonly Setting<string> RelayLogins = new("relay", "esmtpauthclient", Types.Path, null, "File of logins as Courier has it: `relay,port user password`, for next hops of any origin.");
    internal static readonly Setting<string> RelayTrust = new("relay", "trusted_certificates", Types.Path, null, "PEM file of the authorities whose certificates are good for `verified` hops, for MTA-STS and for the web servers of its policies. Default: the system's.");
    internal static readonly Setting<bool> RelayStartTls = new("relay", "starttls", Types.YesNo, "yes", "Use TLS where a server offers it and nothing asks for it. `no` is for a server whose TLS is broken as a whole; what routes, DANE and MTA-STS ask for holds.");
    internal static readonly Setting<bool> RelayDane = new("relay", "dane", Types.YesNo, "yes", "Hold servers to the TLSA records of their domain (RFC 7672), where a validating resolver on this host, or one of `[dns] servers`, vouches for them.");
    internal static readonly Setting<bool> RelaySts = new("relay", "mta_sts", Types.YesNo, "yes", "Hold servers to the MTA-STS policy of the domain (RFC 8461).");
    internal static readonly Setting<bool> TlsReports = new("relay", "tls_reports", Types.YesNo, "no", "Tell the domains that ask for it, once a day, how TLS with their servers went (RFC 8460). Reports by mail are not signed (DKIM), though RFC 8460 §3 asks for it, so that some domains ignore them; those by HTTPS need no signature.");
    internal static readonly Setting<string> RelayPrefer = new("relay", "prefer", Types.Choice("ipv6", "ipv4", "balanced"), "ipv6", "Which addresses of a host are tried first.");
    internal static readonly Setting<string> RelayHelo = new("relay", "helo", Types.HeloName, null, "Our name in EHLO when we send (Courier's esmtphelo). Default: `[server] hostname`.");
    internal static readonly Setting<TimeSpan> RelayConnectTimeout = new("relay", "connect_timeout", Types.Duration, "30s", "How long a connection to one address may take (Courier's esmtptimeoutconnect).");
    internal static readonly Setting<TimeSpan> RelayGreetingTimeout = new("relay", "greeting_timeout", Types.Duration, "5min", "How long greeting, EHLO and login may each take (Courier's esmtptimeouthelo).");
    internal static readonly Setting<TimeSpan> RelayCommandTimeout = new("relay", "command_timeout", Types.Duration, "5min", "How long MAIL and each RCPT may take (Courier's esmtptimeout).");
    internal static readonly Setting<TimeSpan> RelayDataTimeout = new("relay", "data_timeout", Types.Duration, "10min", "How long the answer to a whole message may take (Courier's esmtptimeoutdata; RFC 5321 §4.5.3.2.6).");
    internal static readonly Setting<TimeSpan> RelayIdle = new("relay", "idle_timeout", Types.Duration, "30s", "How long a connection without mail is kept for the next message (Courier's esmtptimeoutkeepalive).");
    internal static readonly Setting<TimeSpan> RelayPause = new("relay", "pause_after_failure", Types.Duration, "5min", "A destination none of whose hosts could be reached is left alone for this long, at most for `[queue] retry_first` (Courier's esmtpdelay).");
    internal static readonly Setting<bool> RelayHold = new("relay", "hold", Types.YesNo, "no", "Keep all mail for other domains in the queue.");

    internal static readonly Setting<IReadOnlyList<IPEndPoint>> DnsServers = new("dns", "servers", Types.NameServers, null, "Recursive name servers to ask; their word on DNSSEC is believed, so the way to them must be safe. Default: those of /etc/resolv.conf, believed where they are on loopback or with `options trust-ad`.");
    internal static readonly Setting<TimeSpan> DnsTimeout = new("dns", "timeout", Types.Duration, "5s", "How long one of `servers` may take to answer.");
    internal static readonly Setting<bool> DnsMixCase = new("dns", "mix_case", Types.YesNo, "no", "Mix upper and lower case in questions and want them back so, which makes answers harder to forge.");

    internal static readonly Setting<SmtpExtensions> Withheld = new("extensions", "withhold", Types.Extensions, "none", "Words that EHLO leaves out and whose parameters are refused, as `DSN, CHUNKING`.");

    internal static readonly Setting<IPAddress> SourceV4 = new("relay", "source_ipv4", Types.SourceV4, null, "Our IPv4 address on connections to other servers (Courier's ipout). `system`, or without it: the system chooses. May be another for a virtual host: `[relay @ address 192.0.2.7]`, `[relay @ domain example.org]`.");
    internal static readonly Setting<IPAddress> SourceV6 = new("relay", "source_ipv6", Types.SourceV6, null, "Our IPv6 address on connections to other servers (Courier's ip6out), likewise.");
    internal static readonly Setting<TimeSpan> RetryFirst = new("queue", "retry_first", Types.Duration, "5min", "Wait between the attempts of one round (Courier's retryalpha).");
    internal static readonly Setting<int> RetryRound = new("queue", "retry_round", Types.Count, "3", "Attempts in a round (Courier's retrybeta).");
    internal static readonly Setting<TimeSpan> RetryRoundWait = new("queue", "retry_round_wait", Types.Duration, "15min", "Wait after the first round; it doubles with each (Courier's retrygamma).");
    internal static readonly Setting<int> RetryDoublings = new("queue", "retry_doublings", Types.CountOrNone, "3", "How often the wait between rounds doubles (Courier's retrymaxdelta).");
    internal static readonly Setting<string> BackupRelay = new("queue", "backup_relay", Types.Relay, null, "Takes mail for other servers that has waited longer than `warn_after`, instead of a word to the sender (Courier's backuprelay).");
    internal static readonly Setting<TimeSpan> SubmitDelay = new("queue", "submit_delay", Types.Duration, "0s", "Wait before the first attempt (Courier's submitdelay).");
    internal static readonly Setting<int> BatchSize = new("queue", "batch_size", Types.Count, "100", "Recipients of one message in one attempt; more are several attempts (Courier's batchsize).");
    internal static readonly Setting<int> LocalAttempts = new("queue", "local_attempts", Types.Count, "128", "Attempts at the same time at the mailboxes (Courier's MAXDELS of module.local).");
    internal static readonly Setting<long> HistorySize = new("queue", "history_size", Types.Size, "64MiB", "What is kept for `courier trace`, in all; `0`: nothing.");
    internal static readonly Setting<IReadOnlyList<IPNetwork>> Proxies = new("proxies", "networks", Types.Networks, "none", "Proxies whose PROXY header (version 1 or 2) is believed, at the listeners with `proxy_protocol = yes`. Nobody else may connect to those.");
    internal static readonly Setting<IReadOnlyList<IPNetwork>> XClientPeers = new("proxies", "xclient", Types.Networks, "none", "Peers that may use XCLIENT: a session is treated as if the client they name had connected itself.");
    internal static readonly Setting<IReadOnlyList<IPNetwork>> XForwardPeers = new("proxies", "xforward", Types.Networks, "none", "Peers that may use XFORWARD: where a message came from is believed for log and queue listing.");
    internal static readonly Setting<TimeSpan> QueueTime = new("queue", "expire", Types.Duration, "7d", "After this long in the queue a message is returned (Courier's queuetime).");
    internal static readonly Setting<TimeSpan> WarnAfter = new("queue", "warn_after", Types.Duration, "4h", "After this long in the queue the sender is told, once for each recipient, that the message still waits (Courier's warntime); `0s` never.");
    internal static readonly Setting<int> AttemptsAtOnce = new("queue", "attempts_at_once", Types.Count, "200", "Attempts at the same time, in all.");
    internal static readonly Setting<int> AttemptsPerDestination = new("queue", "attempts_per_destination", Types.Count, "20", "Attempts at the same time at one next hop.");

    internal static readonly Setting<long> ReportSize = new("reports", "full_size", Types.Size, "1MiB", "Reports of failure return a whole message, where its sender asked for that, up to this size; of larger ones the header (Courier's dsnlimit).");
    internal static readonly Setting<string> ReportFrom = new("reports", "from", Types.Text, null, "The From field of reports (Courier's dsnfrom). Default: `MAILER-DAEMON` at our name.");
    internal static readonly Setting<string> ReportTemplates = new("reports", "templates", Types.Path, null, "Directory with Courier's template files (`dsnheader.txt`, `dsnfooter.txt`, `dsnfailed.txt`, `dsndelayed.txt`, `dsndelivered.txt`, `dsnrelayed.txt`, `dsnsubjectnotice.txt`, `dsnsubjectwarn.txt`) that take the place of our words; `[#ME#]`, `[#FROMTIME#]` and `[#FROMMTA#]` are filled in.");
    internal static readonly Setting<IReadOnlySet<MessageSource>> SilentReports = new("reports", "suppress", Types.Sources, "none", "Mail that came this way causes no reports to other servers: `smtp` (from strangers), `login` (after a login, or from a peer that may relay by its address), or both with a comma (Courier's ESMTP_BLOCKBACKSCATTER).");
    internal static readonly Setting<bool> ReportsToAccount = new("reports", "to_account", Types.YesNo, "no", "Reports on the mail of an account go to the account, whatever its return path says (Courier's DSNTOAUTHADDR).");

    internal static readonly Setting<long> MessageSize = new("limits", "message_size", Types.Size, "50MiB", "Largest message accepted; announced by SIZE.");
    internal static readonly Setting<int> Recipients = new("limits", "recipients", Types.Count, "1000", "Recipients of one message (RFC 5321 §4.5.3.1.8 asks for 100 at least).");
    internal static readonly Setting<int> Connections = new("limits", "connections", Types.Count, "20000", "Connections of one listener (Courier's MAXDAEMONS).");
    internal static readonly Setting<int> ConnectionsPerPeer = new("limits", "connections_per_peer", Types.Count, "1000", "Connections of one address to one listener; an IPv6 /64 counts as one (Courier's MAXPERIP).");
    internal static readonly Setting<int> ConnectionsPerNetwork = new("limits", "connections_per_network", Types.Count, "5000", "Connections of one network, an IPv4 /24 or an IPv6 /56, to one listener (Courier's MAXPERC).");
    internal static readonly Setting<long> FreeSpace = new("limits", "free_space", Types.Size, "100MiB", "With less than this free on the state's file system, mail is refused for the time being.");
    internal static readonly Setting<int> FreeFiles = new("limits", "free_files", Types.CountOrNone, "1000", "The same with fewer files that could still be made there (inodes, the second number of Courier's sizecheck). `0`: any number will do.");

    internal static readonly Setting<string> FolderPrefix = new("imap", "folder_prefix", Types.Choice("INBOX.", "none"), "INBOX.", "What stands before the names of folders in IMAP: `INBOX.` as in Courier (INBOX.Sent), or `none` (Sent). The Maildir is the same either way; clients that were set up with the one look for their folders there.");

    internal static readonly Setting<string> AccessList = new("access", "smtpaccess", Types.Path, null, "File or directory as Courier has it: in each line a network, a tab, and `deny` or `allow,NAME=value`. Of several networks that a peer is in the smallest alone counts. An edit counts at once; one with a mistake in it does not count.");
    internal static readonly Setting<AccessEntry> AccessNetwork = new("access", "network.*", Types.Access, null, "The same for one network: `network.192.0.2.0/24 = deny`, `network.10.0.0.0/8 = relay, size=100MiB`, `network.* = login`. It counts before a line of `smtpaccess` for that network.")
    {
        AcceptsName = name => AccessScope.Parse(name) is not null,
        ExpectedName = "a network, as 192.0.2.7, 192.0.2.0/24, 2001:db8::/32 or *, or a port of ours, as *.25",
    };

    internal static readonly Setting<IReadOnlyList<DnsList>> DnsLists = new("access", "dns_lists", Types.DnsLists, "none", "Lists of addresses in the DNS (RFC 5782, Courier's BLACKLISTS): `allow list.example.org; block bl.example.net; block bl.example.org/127.0.0.2 Go away`. The first that has the peer counts. Recipients are refused with the text, or with what the list says. Only of answers that are named, or else of all in 127.0.0.0/8. Not for users, nor for peers that may relay or that an access list allows.");
    internal static readonly Setting<bool> DropListed = new("access", "drop_listed", Types.YesNo, "no", "Whom `dns_lists` refuse is sent away before the greeting (Courier's DROP). At `smtp` only.");
    internal static readonly Setting<bool> LoginRequired = new("access", "login_required", Types.YesNo, "no", "Mail is taken only after a login (Courier's AUTH_REQUIRED), unless an access list says otherwise. A submission listener always asks for one.");
    internal static readonly Setting<bool> TlsRequired = new("access", "tls_required", Types.YesNo, "no", "Mail is taken only over TLS (ESMTP_TLS_REQUIRED), unless an access list says otherwise.");
    internal static readonly Setting<TimeSpan> GreetingDelay = new("access", "greeting_delay", Types.Duration, "0s", "How long peers must wait for the greeting. Those that speak before it are sent away. Not for peers that an access list allows, nor for those on this machine.");
    internal static readonly Setting<int> MessageLimit = new("imap", "message_limit", Types.CountOrNone, "0", "Messages that one IMAP command may work on (RFC 9738, MESSAGELIMIT); `0`: all there are. Clients that do not know of such a limit see part of a mailbox only.");
    internal static readonly Setting<int> SaveLimit = new("imap", "save_limit", Types.CountOrNone, "0", "Messages that one COPY or APPEND may put into a mailbox (RFC 9738, SAVELIMIT); `0`: any number. Of no account where `message_limit` is set.");
    internal static readonly Setting<string> ShareWith = new("mailboxes", "share_with", Types.Choice("none", "courier", "dovecot"), "none", "The server that goes on serving the accounts beside this one: both give the same UIDs. `courier mailbox adopt` says otherwise for one account.");
    internal static readonly Setting<TimeSpan> KeepExpunged = new("mailboxes", "keep_expunged", Types.Duration, "7d", "How long an expunged message or a deleted mailbox can be had back with `courier mailbox undelete`.");
    internal static readonly Setting<bool> TextIndex = new("mailboxes", "text_index", Types.YesNo, "yes", "Keep a full text index of mailboxes (about a tenth of the mail), so that SEARCH need not read every message. An account may say otherwise in `courier/textindex` of its Maildir: `yes` or `no`.");

    internal static readonly Setting<Rate?> AccountMessages = new("limits", "messages_per_account", Types.Rate, "none", "Messages that one account may send; more are put off.");
    internal static readonly Setting<Rate?> AccountRecipients = new("limits", "recipients_per_account", Types.Rate, "none", "Recipients that one account may send to; more are put off.");
    internal static readonly Setting<Rate?> PeerMessages = new("limits", "messages_per_peer", Types.Rate, "none", "Messages from one address, an IPv6 /64 counts as one; more are put off. Not for peers that may relay by their address.");
    internal static readonly Setting<Rate?> PeerRecipients = new("limits", "recipients_per_peer", Types.Rate, "none", "Recipients of messages from one address, likewise.");
    internal static readonly Setting<int> LoginFailures = new("limits", "login_failures", Types.Count, "3", "Wrong passwords after which a connection of IMAP or POP3 is closed. Each answer to one takes longer than the one before.");
    internal static readonly Setting<int> RefusalsBeforeDelay = new("limits", "refusals_before_delay", Types.Count, "10", "From the permanent refusal of this number on in a session, without a message that was taken between them, each is held back (Courier's TARPIT: 1). Not of users who logged in.");
    internal static readonly Setting<TimeSpan> RefusalDelay = new("limits", "refusal_delay", Types.Duration, "1s", "For how long at first; it doubles each time (Courier's TARPIT: 8s). `0s`: not at all.");
    internal static readonly Setting<TimeSpan> RefusalDelayMax = new("limits", "refusal_delay_max", Types.Duration, "16s", "For how long at most (Courier's TARPIT: 128s).");
    internal static readonly Setting<TimeSpan> CommandTimeout = new("limits", "command_timeout", Types.Duration, "5min", "How long a client may take to send its next command (Courier's esmtptimeout); RFC 5321 §4.5.3.2.7 asks for 5 minutes.");
    internal static readonly Setting<TimeSpan> DataTimeout = new("limits", "data_timeout", Types.Duration, "5min", "How long a client may be silent within a message (Courier's esmtptimeoutdata).");
    internal static readonly Setting<long> HeaderSize = new("limits", "header_size", Types.HeaderSize, "256KiB", "Longest header of a message (Courier's BOFHHEADERLIMIT).");
    internal static readonly Setting<int> HeaderFields = new("limits", "header_fields", Types.Count, "1000", "Fields of a header.");
    internal static readonly Setting<int> ReceivedFields = new("limits", "received_fields", Types.Count, "100", "Received fields of a message; with more it is going round in circles (RFC 5321 §6.3).");

    internal static readonly Setting<bool> Greylisting = new("greylist", "enabled", Types.YesNo, "no", "Put off the first message of a network (IPv4 /24, IPv6 /64), sender and recipient that were not seen together before (RFC 6647). Not for users, nor for peers that may relay or that an access list allows.");
    internal static readonly Setting<TimeSpan> GreylistDelay = new("greylist", "delay", Types.Duration, "5min", "For how long.");
    internal static readonly Setting<TimeSpan> GreylistRetry = new("greylist", "retry_within", Types.Duration, "2d", "Within this time it must be tried again.");
    internal static readonly Setting<TimeSpan> GreylistKeep = new("greylist", "keep", Types.Duration, "36d", "For how long after the last message those who passed are remembered.");
    internal static readonly Setting<int> GreylistAllowAfter = new("greylist", "allow_after", Types.Count, "5", "A network that passed so often is not put off any more.");
    internal static readonly Setting<int> GreylistEntries = new("greylist", "entries", Types.Count, "200000", "How much is remembered, at some 50 bytes each; what waits longest makes room.");

    internal static readonly Setting<string> Transcript = new("imap", "transcript", Types.FileName, null, "Name of a file: where an account's Maildir has one of that name, what its IMAP sessions say after the login is added to it, without messages and passwords, up to 16 MiB (Courier's IMAPDEBUGFILE). Default: none.");

    internal static readonly Setting<string> LogLevel = new("log", "level", Types.Choice("debug", "information", "warning"), "information", "Least level that is written.");
    internal static readonly Setting<string> LogFormat = new("log", "format", Types.Choice("console", "systemd", "syslog"), "console", "`console`: lines with time on standard error; `systemd`: lines with priority; `syslog`: datagrams to /dev/log.");

    /// <summary>The listeners, by section: what speaks there and how TLS begins.</summary>
    internal static readonly IReadOnlyList<Setting<IReadOnlyList<IPEndPoint>>> Listeners =
    [
        Listen("smtp", "SMTP from other servers (RFC 5321), STARTTLS offered."),
        Listen("submission", "Mail from users (RFC 6409): a login is required, STARTTLS offered."),
        Listen("submissions", "The same with TLS from the first byte (RFC 8314 §3.3)."),
        Listen("lmtp", "LMTP (RFC 2033): delivers before it replies. Whoever reaches it may deliver."),
        Listen("imap", "IMAP (RFC 3501), STARTTLS offered."),
        Listen("imaps", "IMAP with TLS from the first byte."),
        Listen("pop3", "POP3 (RFC 1939), STLS offered."),
        Listen("pop3s", "POP3 with TLS from the first byte."),
        Listen("metrics", "Figures in Prometheus' text form at /metrics. Use a loopback address."),
    ];

    /// <summary>For each section that listens for mail or its readers: whether proxies stand before it.</summary>
    internal static readonly IReadOnlyList<Setting<bool>> ProxyProtocols =
    [
        .. Listeners.Where(listener => listener.Section != "metrics")
            .Select(listener => new Setting<bool>(listener.Section, "proxy_protocol", Types.YesNo, "no", "Each connection begins with a PROXY header (HAProxy, version 1 or 2) of a proxy of `[proxies] networks`.")),
    ];

    internal static readonly IReadOnlyList<Setting> All =
    [
        HostName, State, .. Listeners, .. ProxyProtocols, Certificate, CertificateKey, DefaultDomain, Maildirs, CleartextLogins, Postmaster,
        RelayNetworks, RelayDomains, RelayDomainList, PercentDomains, PercentList, RelayNextHop, RelayRoute, RelayRoutes, RelayLogins, RelayHold, RelayTrust, RelayStartTls, RelayDane, RelaySts, TlsReports, RelayPrefer, SourceV4, SourceV6,
        RelayHelo, RelayConnectTimeout, RelayGreetingTimeout, RelayCommandTimeout, RelayDataTimeout, RelayIdle, RelayPause,
        DnsServers, DnsTimeout, DnsMixCase, Withheld, Proxies, XClientPeers, XForwardPeers,
        .. QueueKeys.All,
        RetryFirst, RetryRound, RetryRoundWait, RetryDoublings, QueueTime, WarnAfter, BackupRelay, SubmitDelay, BatchSize,
        AttemptsAtOnce, AttemptsPerDestination, LocalAttempts, HistorySize, ReportSize, ReportFrom, ReportTemplates, SilentReports, ReportsToAccount,
        MessageSize, Recipients, Connections, ConnectionsPerPeer, ConnectionsPerNetwork, FreeSpace, FreeFiles, AccessList, AccessNetwork, DnsLists, DropListed, LoginRequired, TlsRequired, GreetingDelay,
        LoginFailures, AccountMessages, AccountRecipients, PeerMessages, PeerRecipients, RefusalsBeforeDelay, RefusalDelay, RefusalDelayMax, CommandTimeout, DataTimeout, HeaderSize, HeaderFields, ReceivedFields,
        Greylisting, GreylistDelay, GreylistRetry, GreylistKeep, GreylistAllowAfter, GreylistEntries,
        .. SenderKeys.All, .. HeaderKeys.All, FolderPrefix, MessageLimit, SaveLimit, Transcript, ShareWith, KeepExpunged, TextIndex, LogLevel, LogFormat,
    ];

    internal static readonly IReadOnlyList<Setting> Required = [State];

    private static readonly HashSet<Setting> _contextual =
    [
        HostName, CleartextLogins, Postmaster, RelayNetworks, MessageSize, Recipients, FreeSpace, FreeFiles, Withheld, XClientPeers, XForwardPeers, FolderPrefix,
        Connections, ConnectionsPerPeer, ConnectionsPerNetwork, AccessList, AccessNetwork, DnsLists, DropListed, LoginRequired, TlsRequired, GreetingDelay, RelayDomains, RelayDomainList, PercentDomains, PercentList,
        LoginFailures, AccountMessages, AccountRecipients, PeerMessages, PeerRecipients, RefusalsBeforeDelay, RefusalDelay, RefusalDelayMax, CommandTimeout, DataTimeout, HeaderSize, HeaderFields, ReceivedFields, Greylisting,
        .. SenderKeys.All, .. HeaderKeys.All,
        MessageLimit, SaveLimit, Transcript,
    ];

    /// <summary>Asked for at each attempt, for the virtual host that the message came to.</summary>
    private static readonly HashSet<Setting> _ofMessages = [SourceV4, SourceV6, RelayHelo];

    /// <summary>Whether a key may stand in a section with a condition: what is asked for per connection or message.</summary>
    internal static bool MayDepend(Setting setting) => _contextual.Contains(setting) || _ofMessages.Contains(setting);

    /// <summary>Of a message that waits only the virtual host is known, not the listener it came by.</summary>
    internal static bool MayDepend(Setting setting, SettingsCondition condition) =>
        _contextual.Contains(setting) || (_ofMessages.Contains(setting) && condition.Kind != "listener");

    internal static Setting<IReadOnlyList<IPEndPoint>> Listener(string section) => Listeners.First(setting => setting.Section == section);

    internal static Setting<bool> ProxyProtocol(string section) => ProxyProtocols.First(setting => setting.Section == section);

    private static Setting<IReadOnlyList<IPEndPoint>> Listen(string section, string summary) => new(section, "listen", Types.EndPoints, null, summary);
}
