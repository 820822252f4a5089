using Courier.Smtp.Client;

namespace Courier.Mta.Delivery.Remote;

/// <summary>A connection with what the pool has to know of it.</summary>
internal sealed class PooledClient(SmtpClient client)
{
    public SmtpClient Client { get; } = client;

    /// <summary>Its host, as outcomes name it.</summary>
    public string Server { get; } = Connector.Describe(new Routing.MailHost(client.Name, client.Remote.Port, 0));

    /// <summary>It was made for one message that may go where others may not.</summary>
    public bool IsForOneMessage { get; init; }

    /// <summary>Messages it has carried: none on a new one.</summary>
    public int Messages { get; set; }

    public long IdleSince { get; set; }
}

/// <summary>The idle connections to one next hop. The one used last is taken first, so that those not needed grow old and are closed.</summary>
internal sealed class ClientPool : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<PooledClient> _idle = [];
    private readonly TimeSpan _idleTimeout;
    private readonly TimeProvider _clock;
    private readonly ITimer _sweep;
    private bool _isDisposed;

    public ClientPool(TimeSpan idleTimeout, TimeProvider clock)
    {
        (_idleTimeout, _clock) = (idleTimeout, clock);
        _sweep = clock.CreateTimer(static pool => ((ClientPool)pool!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _idle.Count;
        }
    }

    public PooledClient? TryTake()
    {
        lock (_gate)
        {
            if (_idle.Count == 0)
                return null;
            var last = _idle[^1];
            _idle.RemoveAt(_idle.Count - 1);
            return last;
        }
    }

    /// <returns>False when the pool is closed: the connection stays the caller's.</returns>
    public bool TryPut(PooledClient client)
    {
        lock (_gate)
        {
            if (_isDisposed)
                return false;
            client.IdleSince = _clock.GetTimestamp();
            _idle.Add(client);
            if (_idle.Count == 1)
                _sweep.Change(_idleTimeout, Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        PooledClient[] left;
        lock (_gate)
        {
            _isDisposed = true;
            left = [.. _idle];
            _idle.Clear();
        }

        await _sweep.DisposeAsync();
        await Task.WhenAll(left.Select(static client => client.Client.DisposeAsync().AsTask()));
    }

    private void Sweep()
    {
        List<PooledClient> old;
        lock (_gate)
        {
            old = _idle.FindAll(IsOld);
            _idle.RemoveAll(IsOld);
            if (_idle.Count > 0 && !_isDisposed)
                _sweep.Change(_idleTimeout - _clock.GetElapsedTime(_idle[0].IdleSince), Timeout.InfiniteTimeSpan);
        }

        foreach (var client in old)
            _ = CloseAsync(client);
    }

    private bool IsOld(PooledClient client) => _clock.GetElapsedTime(client.IdleSince) >= _idleTimeout;

    // Nobody waits for it, and closing has a limit of its own.
    private static async Task CloseAsync(PooledClient client) => await client.Client.DisposeAsync();
}
