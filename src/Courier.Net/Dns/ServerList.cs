using System.Net;

namespace Courier.Net.Dns;

/// <summary>The servers to ask, best first: fixed ones, or those of a resolv.conf that is read again when it changed. Those that
/// did not answer lately come last.</summary>
internal sealed class ServerList
{
    // A laptop that moves, a lease that is renewed: nobody needs it sooner, and a stat costs nothing.
    private static readonly TimeSpan _lookInterval = TimeSpan.FromSeconds(5);

    private readonly string? _path;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _penalty;
    private readonly Lock _gate = new();
    private readonly Dictionary<IPEndPoint, long> _failures = [];
    private DnsServers _servers;
    private DateTime _written;
    private long _looked;
    private int _turn;

    public ServerList(DnsServers servers, TimeSpan penalty, TimeProvider clock) => (_servers, _penalty, _clock) = (servers, penalty, clock);

    public ServerList(string resolvConf, TimeSpan penalty, TimeProvider clock)
    {
        (_path, _penalty, _clock) = (resolvConf, penalty, clock);
        _servers = ResolvConf.Parse([]);
        Look();
    }

    /// <summary>What holds now, and the servers in the order in which this question asks them.</summary>
    public (DnsServers Settings, IReadOnlyList<IPEndPoint> Order) Next()
    {
        lock (_gate)
        {
            if (_path is not null && _clock.GetElapsedTime(_looked) >= _lookInterval)
                Look();
            var servers = _servers.Servers;
            var first = _servers.Rotate ? _turn++ % servers.Count : 0;
            var order = Enumerable.Range(0, servers.Count).Select(i => servers[(first + i) % servers.Count]);
            return (_servers, _failures.Count == 0 ? [.. order] : [.. order.OrderBy(HasFailed)]);
        }
    }

    public void Failed(IPEndPoint server)
    {
        lock (_gate)
            _failures[server] = _clock.GetTimestamp();
    }

    public void Answered(IPEndPoint server)
    {
        lock (_gate)
            _failures.Remove(server);
    }

    private bool HasFailed(IPEndPoint server) => _failures.TryGetValue(server, out var at) && _clock.GetElapsedTime(at) < _penalty;

    private void Look()
    {
        _looked = _clock.GetTimestamp();
        try
        {
            var written = File.GetLastWriteTimeUtc(_path!);
            if (written == _written)
                return;
            _servers = ResolvConf.Parse(File.ReadLines(_path!));
            _written = written;
            _failures.Clear();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Being replaced, or gone: what held before still does.
        }
    }
}
