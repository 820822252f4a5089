namespace Courier.Net.Dns;

/// <summary>Answers until their time is up, bounded in number and octets; the one not used for longest goes first. Thread-safe.</summary>
internal sealed class DnsCache(DnsLimits limits, TimeProvider clock)
{
    private sealed record Entry((string Name, DnsType Type) Key, DnsAnswer Answer, long Stored, int Bytes);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, DnsType Type), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private long _bytes;

    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    public DnsAnswer? Find(string name, DnsType type)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue((name, type), out var node))
                return null;
            if (clock.GetElapsedTime(node.Value.Stored) >= node.Value.Answer.TimeToLive)
            {
                Remove(node);
                return null;
            }

            if (_byUse.First != node)
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
            }

            return node.Value.Answer;
        }
    }

    public void Store(string name, DnsType type, DnsAnswer answer, int bytes)
    {
        if (answer.TimeToLive <= TimeSpan.Zero || bytes > limits.CacheBytes)
            return;
        lock (_gate)
        {
            if (_entries.TryGetValue((name, type), out var old))
                Remove(old);
            _entries[(name, type)] = _byUse.AddFirst(new Entry((name, type), answer, clock.GetTimestamp(), bytes));
            _bytes += bytes;
            while (_entries.Count > limits.CacheEntries || _bytes > limits.CacheBytes)
                Remove(_byUse.Last!);
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _entries.Remove(node.Value.Key);
        _bytes -= node.Value.Bytes;
    }
}
