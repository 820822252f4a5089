using System.Net;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on how the DNS is asked.</summary>
internal static class DnsKeys
{
    internal static readonly Setting<IReadOnlyList<IPEndPoint>> DnsServers = new("dns", "servers", Types.NameServers, null, "Recursive name servers to ask; their word on DNSSEC is believed, so the way to them must be safe. Default: those of /etc/resolv.conf, believed where they are on loopback or with `options trust-ad`.");
    internal static readonly Setting<TimeSpan> DnsTimeout = new("dns", "timeout", Types.Duration, "5s", "How long one of `servers` may take to answer.");
    internal static readonly Setting<bool> DnsMixCase = new("dns", "mix_case", Types.YesNo, "no", "Mix upper and lower case in questions and want them back so, which makes answers harder to forge.");

    internal static IReadOnlyList<Setting> All => [DnsServers, DnsTimeout, DnsMixCase];
}
