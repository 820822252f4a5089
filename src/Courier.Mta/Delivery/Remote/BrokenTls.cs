using System.Net;

namespace Courier.Mta.Delivery.Remote;

/// <summary>Servers whose STARTTLS broke: for some hours they get their mail in the clear at once, instead of after a failed
/// handshake each time. Only for opportunistic TLS. Bounded; thread-safe.</summary>
public sealed class BrokenTls(TimeProvider clock)
{
    /// <summary>Courier remembers for two to four hours; the spread keeps many servers from being tried again at one moment.</summary>
    private static readonly TimeSpan _shortest = TimeSpan.FromHours(2);

    private const int EntriesMax = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPEndPoint, DateTimeOffset> _until = [];

    public bool Contains(IPEndPoint server)
    {
        lock (_gate)
            return _until.TryGetValue(server, out var until) && clock.GetUtcNow() < until;
    }

    public void Add(IPEndPoint server)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            if (_until.Count >= EntriesMax)
            {
                foreach (var (old, _) in _until.Where(entry => entry.Value <= now).ToList())
                    _until.Remove(old);
                if (_until.Count >= EntriesMax)
                    _until.Clear();
            }

            _until[server] = now + (_shortest * (1 + Random.Shared.NextDouble()));
        }
    }
}
