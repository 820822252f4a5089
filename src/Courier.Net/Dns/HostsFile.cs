using System.Net;

namespace Courier.Net.Dns;

/// <summary>/etc/hosts (hosts(5)): names that the operator gave to addresses. For hosts that the operator names, not for those that
/// other people's records name.</summary>
public sealed class HostsFile(string path, TimeProvider clock)
{
    private static readonly TimeSpan _lookInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Dictionary<string, List<IPAddress>> _names = new(StringComparer.OrdinalIgnoreCase);
    private DateTime _written;
    private long? _looked;

    /// <summary>Addresses of the name; none where it is not there. RFC 6761 §6.3: localhost is always this host.</summary>
    public IReadOnlyList<IPAddress> Find(string name)
    {
        lock (_gate)
        {
            if (_looked is not { } looked || clock.GetElapsedTime(looked) >= _lookInterval)
                Look();
            if (_names.TryGetValue(name, out var addresses))
                return addresses;
            return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? [IPAddress.IPv6Loopback, IPAddress.Loopback] : [];
        }
    }

    private void Look()
    {
        _looked = clock.GetTimestamp();
        try
        {
            var written = File.GetLastWriteTimeUtc(path);
            if (written == _written)
                return;
            _names = Parse(File.ReadLines(path));
            _written = written;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // None, or being replaced: what held before still does.
        }
    }

    private static Dictionary<string, List<IPAddress>> Parse(IEnumerable<string> lines)
    {
        var names = new Dictionary<string, List<IPAddress>>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines)
        {
            var words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IPAddress.TryParse(words[0], out var address))
                continue;
            foreach (var name in words.Skip(1))
            {
                if (!names.TryGetValue(name, out var addresses))
                    names[name] = addresses = [];
                addresses.Add(address);
            }
        }

        return names;
    }
}
