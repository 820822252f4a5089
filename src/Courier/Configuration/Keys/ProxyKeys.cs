using System.Net;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on whose word about a client is believed.</summary>
internal static class ProxyKeys
{
    internal static readonly Setting<IReadOnlyList<IPNetwork>> Proxies = new("proxies", "networks", Types.Networks, "none", "Proxies whose PROXY header (version 1 or 2) is believed, at the listeners with `proxy_protocol = yes`. Nobody else may connect to those.");
    internal static readonly Setting<IReadOnlyList<IPNetwork>> XClientPeers = new("proxies", "xclient", Types.Networks, "none", "Peers that may use XCLIENT: a session is treated as if the client they name had connected itself.") { Scope = SettingScope.Session };
    internal static readonly Setting<IReadOnlyList<IPNetwork>> XForwardPeers = new("proxies", "xforward", Types.Networks, "none", "Peers that may use XFORWARD: where a message came from is believed for log and queue listing.") { Scope = SettingScope.Session };

    internal static IReadOnlyList<Setting> All => [Proxies, XClientPeers, XForwardPeers];
}
