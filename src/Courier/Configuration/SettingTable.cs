using System.Net;
using Courier.Configuration.Keys;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration;

/// <summary>Every key there is, with its type, default and manual text. The reference manual is printed from this table.</summary>
internal static class SettingTable
{
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
        .. ServerKeys.All, .. Listeners, .. ProxyProtocols, .. TlsKeys.All, .. AccountKeys.All, .. RelayKeys.All, .. DnsKeys.All, .. ExtensionKeys.All, .. ProxyKeys.All, .. QueueKeys.All, .. ReportKeys.All,
        .. LimitKeys.All, .. AccessKeys.All, .. GreylistKeys.All, .. SenderKeys.All, .. RecipientKeys.All, .. HeaderKeys.All, .. BodyKeys.All, .. ImapKeys.All, .. MailboxKeys.All, .. LogKeys.All,
    ];

    internal static readonly IReadOnlyList<Setting> Required = [ServerKeys.State];

    internal static Setting<IReadOnlyList<IPEndPoint>> Listener(string section) => Listeners.First(setting => setting.Section == section);

    internal static Setting<bool> ProxyProtocol(string section) => ProxyProtocols.First(setting => setting.Section == section);

    private static Setting<IReadOnlyList<IPEndPoint>> Listen(string section, string summary) => new(section, "listen", Types.EndPoints, null, summary);
}
