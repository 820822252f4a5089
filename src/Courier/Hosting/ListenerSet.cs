using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Net;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>Serves one connection to its end.</summary>
internal delegate Task SessionStart(Connection connection, CancellationToken stopping);

/// <summary>The open listeners. A connection gets the server of the settings that hold for its listener and local address.</summary>
internal sealed class ListenerSet(Settings settings, ILoggerFactory logging, Func<SslServerAuthenticationOptions>? tls, SessionBoard board)
{
    private readonly List<Listener> _listeners = [];
    private readonly ILogger _logger = logging.CreateLogger<Listener>();

    /// <summary>Opens the listeners of a section, if it has any.</summary>
    /// <param name="section">As in the configuration.</param>
    /// <param name="serverFor">Makes the server for the values of a context; called once for each distinct set of values.</param>
    /// <param name="isTls">TLS from the first byte.</param>
    /// <param name="refusal">What a peer reads when there is no room.</param>
    /// <param name="termsOf">What holds for a peer in particular; null: nothing.</param>
    internal void Start(
        string section, Func<SettingsValues, SessionStart> serverFor, bool isTls, ReadOnlyMemory<byte> refusal, Func<SettingsValues, Connection, PeerTerms>? termsOf = null)
    {
        if (settings.Defaults.Get(SettingTable.Listener(section)) is not { } endPoints)
            return;
        if (isTls && tls is null)
            throw new StartException($"[{section}] needs a certificate, and [tls] certificate is none");
        var servers = new ConcurrentDictionary<SettingsValues, SessionStart>();
        foreach (var endPoint in endPoints)
        {
            var own = settings.For(new SettingsContext { Listener = section, LocalAddress = endPoint.Address });
            var wanted = new ListenerSettings(section, endPoint)
            {
                ConnectionsMax = own.Get(LimitKeys.Connections),
                ConnectionsPerPeerMax = own.Get(LimitKeys.ConnectionsPerPeer),
                ConnectionsPerNetworkMax = own.Get(LimitKeys.ConnectionsPerNetwork),
                Terms = termsOf is null ? null : connection => termsOf(ValuesOf(connection), connection),
                ImplicitTls = isTls ? tls : null,
                Refusal = refusal,
                Board = board,
                Proxies = settings.Defaults.Get(SettingTable.ProxyProtocol(section)) ? settings.Defaults.Get(ProxyKeys.Proxies) : null,
            };
            _listeners.Add(Binding(section, endPoint, () => Listener.Start(wanted, Serve, _logger)));
        }

        Task Serve(Connection connection, CancellationToken stopping) => servers.GetOrAdd(ValuesOf(connection), serverFor)(connection, stopping);

        SettingsValues ValuesOf(Connection connection) => settings.For(new SettingsContext { Listener = section, LocalAddress = connection.Local.Address });
    }

    internal Task StopAsync(TimeSpan grace) => Task.WhenAll(_listeners.Select(listener => listener.StopAsync(grace)));

    internal static async Task<T> BindingAsync<T>(string section, IPEndPoint endPoint, Func<Task<T>> bind)
    {
        try
        {
            return await bind();
        }
        catch (Exception e) when (Cause(e) is { } cause)
        {
            throw new StartException(Describe(section, endPoint, cause));
        }
    }

    private static T Binding<T>(string section, IPEndPoint endPoint, Func<T> bind)
    {
        try
        {
            return bind();
        }
        catch (SocketException e)
        {
            throw new StartException(Describe(section, endPoint, e));
        }
    }

    // Kestrel wraps the socket's error in an IOException.
    private static SocketException? Cause(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is SocketException cause)
                return cause;
        }

        return null;
    }

    private static string Describe(string section, IPEndPoint endPoint, SocketException cause) => cause.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => $"[{section}] cannot listen on {endPoint}: another program uses that port",
        SocketError.AccessDenied => $"[{section}] cannot listen on {endPoint}: ports below 1024 need CAP_NET_BIND_SERVICE",
        _ => $"[{section}] cannot listen on {endPoint}: {cause.Message}",
    };
}
