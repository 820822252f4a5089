using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Courier.Net;

/// <summary>Where a service listens and how much it takes.</summary>
public sealed record ListenerSettings(string Service, IPEndPoint EndPoint)
{
    /// <summary>Connections at once; more are told <see cref="Refusal"/> and closed.</summary>
    public int ConnectionsMax { get; init; } = 20_000;

    /// <summary>Connections at once of one address (an IPv6 /64 counts as one).</summary>
    public int ConnectionsPerPeerMax { get; init; } = 1_000;

    /// <summary>Connections at once of one network: an IPv4 /24 or an IPv6 /56.</summary>
    public int ConnectionsPerNetworkMax { get; init; } = int.MaxValue;

    /// <summary>What holds for a peer in particular, by its addresses; asked as it connects, so it must not wait for anything.</summary>
    public Func<Connection, PeerTerms>? Terms { get; init; }

    /// <summary>Set for listeners that speak TLS from the first byte.</summary>
    public Func<SslServerAuthenticationOptions>? ImplicitTls { get; init; }

    /// <summary>Proxies that connect in the name of others and say so first (PROXY protocol); nobody else may connect then. Null: no such
    /// header is read.</summary>
    public IReadOnlyList<IPNetwork>? Proxies { get; init; }

    /// <summary>How long a proxy may take to send its header.</summary>
    /// <remarks>Courier's -haproxy: 15 seconds.</remarks>
    public TimeSpan ProxyTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a TLS handshake may take.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where sessions are entered for an operator; null: nowhere.</summary>
    public SessionBoard? Board { get; init; }

    /// <summary>What a refused peer reads, in the words of its protocol with CRLF.</summary>
    public ReadOnlyMemory<byte> Refusal { get; init; }
}

/// <summary>What holds for one peer.</summary>
/// <param name="Denial">What it reads before it is sent away; null lets it in.</param>
/// <param name="ConnectionsMax">Connections at once of its address; null: as for all.</param>
public readonly record struct PeerTerms(ReadOnlyMemory<byte>? Denial = null, int? ConnectionsMax = null);

/// <summary>Accepts connections and runs one session for each.</summary>
public sealed class Listener : IAsyncDisposable
{
    // socket(7): a port whose last connections linger in TIME_WAIT may be bound again.
    private const int SolSocket = 1;
    private const int SoReuseAddress = 2;

    private readonly ListenerSettings _settings;
    private readonly Func<Connection, CancellationToken, Task> _serve;
    private readonly ILogger _logger;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Connection, Task> _sessions = new();
    private readonly ConnectionCounts _counts = new();
    private readonly Task _accepting;

    private Listener(ListenerSettings settings, Socket socket, Func<Connection, CancellationToken, Task> serve, ILogger logger)
    {
        (_settings, _socket, _serve, _logger) = (settings, socket, serve, logger);
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
        Log.Listening(logger, settings.Service, EndPoint.ToString());
        _accepting = AcceptAsync();
    }

    /// <summary>As bound: with the port the system chose where 0 was asked for.</summary>
    public IPEndPoint EndPoint { get; }

    public int Sessions => _sessions.Count;

    /// <summary>Binds and begins to accept. Throws <see cref="SocketException"/> (AddressAlreadyInUse, AccessDenied).</summary>
    public static Listener Start(ListenerSettings settings, Func<Connection, CancellationToken, Task> serve, ILogger logger)
    {
        var socket = new Socket(settings.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            const int backlog = 1024;
            // Not SocketOptionName.ReuseAddress: that sets SO_REUSEPORT too, and a second server would share the port unnoticed.
            socket.SetRawSocketOption(SolSocket, SoReuseAddress, BitConverter.GetBytes(1));
            socket.Bind(settings.EndPoint);
            socket.Listen(backlog);
            return new Listener(settings, socket, serve, logger);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Stops accepting, tells the sessions to end, and breaks those that have not after <paramref name="grace"/>.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _accepting;
        var all = Task.WhenAll(_sessions.Values);
        if (await Task.WhenAny(all, Task.Delay(grace)) == all)
            return;
        foreach (var connection in _sessions.Keys)
            connection.Abort();
        await Task.WhenAny(all, Task.Delay(grace));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopping.IsCancellationRequested)
            await StopAsync(TimeSpan.FromSeconds(1));
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var isFailing = false;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_stopping.Token);
                isFailing = false;
                Begin(Connection.FromSocket(socket));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (Exception e)
            {
                if (_stopping.IsCancellationRequested)
                    return;
                // Out of descriptors or memory, or the peer left the backlog: wait, or the loop would spin. Whatever it was, the next peer is let in.
                if (!isFailing)
                    Log.AcceptFailed(_logger, _settings.Service, e);
                isFailing = true;
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private void Begin(Connection connection)
    {
        var refusal = _sessions.Count >= _settings.ConnectionsMax ? new Refused("too many connections", _settings.Refusal) : null;
        // Whom a proxy speaks for is not known yet.
        var peer = _settings.Proxies is null ? Enter(connection, ref refusal) : null;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _sessions[connection] = started.Task;
        _ = RunAsync(connection, peer, refusal, started);
    }

    /// <summary>Counts the connection for its peer.</summary>
    /// <returns>As whom it was counted: a session may present another address later.</returns>
    private IPAddress Enter(Connection connection, ref Refused? refusal)
    {
        var peer = connection.Remote.Address;
        var (ofPeer, ofNetwork) = _counts.Enter(peer);
        var terms = _settings.Terms?.Invoke(connection) ?? default;
        if (terms.Denial is { } denial)
            refusal = new Refused("access denied", denial);
        else if (ofPeer > (terms.ConnectionsMax ?? _settings.ConnectionsPerPeerMax))
            refusal ??= new Refused("too many connections of this peer", _settings.Refusal);
        else if (ofNetwork > _settings.ConnectionsPerNetworkMax)
            refusal ??= new Refused("too many connections of this network", _settings.Refusal);
        return peer;
    }

    private sealed record Refused(string Reason, ReadOnlyMemory<byte> Words);

    private async Task RunAsync(Connection connection, IPAddress? peer, Refused? refusal, TaskCompletionSource ended)
    {
        try
        {
            // Off the accept loop: a session must never hold up the next accept.
            await Task.Yield();
            await using (connection)
            {
                if (peer is null && !await IntroduceAsync(connection))
                    return;
                peer ??= Enter(connection, ref refusal);
                if (refusal is not null)
                    await RefuseAsync(connection, refusal);
                else if (await HandshakeAsync(connection))
                    await ServeAsync(connection);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer went away, or the server stops.
        }
        catch (Exception e)
        {
            Log.SessionFault(_logger, _settings.Service, connection.Remote.ToString(), e);
        }
        finally
        {
            _sessions.TryRemove(connection, out _);
            if (peer is not null)
                _counts.Leave(peer);
            ended.SetResult();
        }
    }

    private async Task ServeAsync(Connection connection)
    {
        if (_settings.Board is not { } board)
        {
            await _serve(connection, _stopping.Token);
            return;
        }

        using var entry = board.Enter(_settings.Service, connection, _stopping.Token);
        await _serve(connection, entry.Token);
    }

    /// <summary>Reads whom a proxy speaks for. Whoever is no proxy of ours, or does not say, is not answered.</summary>
    private async Task<bool> IntroduceAsync(Connection connection)
    {
        if (!_settings.Proxies!.Any(network => network.Contains(connection.Remote.Address)))
        {
            Log.Refused(_logger, _settings.Service, connection.Remote.ToString(), "not a trusted proxy");
            return false;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(_settings.ProxyTimeout);
        try
        {
            await connection.ReadProxyHeaderAsync(limit.Token);
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or OperationCanceledException)
        {
            Log.Refused(_logger, _settings.Service, connection.Remote.ToString(), e is InvalidDataException ? e.Message : "the PROXY header did not come");
            return false;
        }
    }

    private async Task RefuseAsync(Connection connection, Refused refusal)
    {
        Log.Refused(_logger, _settings.Service, connection.Remote.ToString(), refusal.Reason);
        if (_settings.ImplicitTls is null)
            await connection.Output.WriteAsync(refusal.Words, _stopping.Token);
    }

    private async Task<bool> HandshakeAsync(Connection connection)
    {
        if (_settings.ImplicitTls is not { } options)
            return true;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(_settings.HandshakeTimeout);
        try
        {
            await connection.SecureAsServerAsync(options(), limit.Token);
            return true;
        }
        catch (Exception e) when (e is System.Security.Authentication.AuthenticationException or IOException or OperationCanceledException)
        {
            Log.TlsFailed(_logger, _settings.Service, connection.Remote.ToString(), e.Message);
            return false;
        }
    }
}
