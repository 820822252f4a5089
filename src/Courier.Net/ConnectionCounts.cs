using System.Net;

namespace Courier.Net;

/// <summary>Open connections by address and by network. An IPv6 /64 counts as one address: whoever has one has all of it. A network is an IPv4 /24
/// (Courier's C block) or an IPv6 /56, what a site gets.</summary>
internal sealed class ConnectionCounts
{
    private const int HostBitsV4 = 32;
    private const int HostBitsV6 = 64;
    private const int SiteBitsV4 = 24;
    private const int SiteBitsV6 = 56;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, int> _perPeer = [];
    private readonly Dictionary<UInt128, int> _perNetwork = [];

    /// <summary>Counts a connection, also one that is then refused: it takes a socket until it has gone.</summary>
    /// <returns>How many there are now of its address and of its network.</returns>
    internal (int OfPeer, int OfNetwork) Enter(IPAddress address)
    {
        lock (_gate)
            return (Add(_perPeer, Peer(address), 1), Add(_perNetwork, Site(address), 1));
    }

    internal void Leave(IPAddress address)
    {
        lock (_gate)
        {
            Add(_perPeer, Peer(address), -1);
            Add(_perNetwork, Site(address), -1);
        }
    }

    /// <summary>For tests: what is remembered.</summary>
    internal int Entries
    {
        get
        {
            lock (_gate)
                return _perPeer.Count + _perNetwork.Count;
        }
    }

    private static UInt128 Peer(IPAddress address) => AddressBits.Network(address, HostBitsV4, HostBitsV6);

    private static UInt128 Site(IPAddress address) => AddressBits.Network(address, SiteBitsV4, SiteBitsV6);

    private static int Add(Dictionary<UInt128, int> counts, UInt128 key, int change)
    {
        var count = counts.GetValueOrDefault(key) + change;
        if (count > 0)
            counts[key] = count;
        else
            counts.Remove(key);
        return count;
    }
}
