using System.Net;
using System.Net.Sockets;

namespace Courier.Imap;

/// <summary>Remembers how often logins of an address failed of late and slows it down. It looks at who asks, never at which account
/// is asked for: nobody can lock another out. A wait holds a timer, not a thread.</summary>
internal sealed class LoginThrottle(ImapLimits limits, TimeProvider clock)
{
    // Enough for the busiest attack that matters; beyond it the oldest are forgotten.
    private const int PeersMax = 10_000;

    // Half of what an address did is forgiven each minute.
    private static readonly TimeSpan _halfLife = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (double Failures, long At)> _peers = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>How long this address waits before its password is even looked at; zero for who is new or behaves.</summary>
    public TimeSpan Penalty(IPAddress peer)
    {
        const double free = 10;
        lock (_lock)
        {
            var failures = Failures(Key(peer));
            return failures < free ? TimeSpan.Zero : Cap(limits.LoginDelay * (failures - free + 1));
        }
    }

    /// <summary>Notes a failure; returns how long the reply waits, given how often this connection failed before.</summary>
    public TimeSpan Failed(IPAddress peer, int earlier)
    {
        const int doublings = 10;
        var key = Key(peer);
        lock (_lock)
        {
            var failures = Failures(key);
            if (_peers.Count >= PeersMax && !_peers.ContainsKey(key))
                Forget();
            _peers[key] = (failures + 1, clock.GetTimestamp());
        }

        return Cap(limits.LoginDelay * (1 << Math.Min(earlier, doublings)));
    }

    private TimeSpan Cap(TimeSpan delay) => delay < limits.LoginDelayMax ? delay : limits.LoginDelayMax;

    private double Failures(string key) =>
        _peers.TryGetValue(key, out var entry) ? entry.Failures * Math.Pow(0.5, clock.GetElapsedTime(entry.At) / _halfLife) : 0;

    private void Forget()
    {
        foreach (var key in _peers.OrderBy(entry => entry.Value.At).Take(PeersMax / 10).Select(entry => entry.Key).ToList())
            _peers.Remove(key);
    }

    // A host of the IPv6 world has a /64 to choose from, and a small network of the old one a /24.
    private static string Key(IPAddress address)
    {
        var octets = address.GetAddressBytes();
        return Convert.ToHexString(octets, 0, address.AddressFamily == AddressFamily.InterNetworkV6 ? 8 : 3);
    }
}
