using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Courier.Net.Dns;

namespace Courier.Mta.Delivery.Remote;

/// <summary>How much of a policy is read, and for how long.</summary>
public sealed record StsDownloadLimits
{
    /// <remarks>RFC 8461 §3.3 suggests 64 KB.</remarks>
    public int Bytes { get; init; } = 64 * 1024;

    /// <remarks>RFC 8461 §3.3 suggests a minute.</remarks>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether addresses of private networks and of this host are asked.</summary>
    /// <remarks>A domain is of anyone's choice; its policy host must not lead us into our own network.</remarks>
    public bool AllowsPrivateAddresses { get; init; }

    public int Port { get; init; } = 443;
}

/// <summary>Fetches policies over HTTPS (RFC 8461 §3.3): certificate verified, no redirects, no proxies, by our own resolver.</summary>
public sealed class StsDownload : IDisposable
{
    private readonly IDnsResolver _resolver;
    private readonly StsDownloadLimits _limits;
    private readonly HttpClient _client;

    /// <param name="resolver">For the policy host's address.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="trust">Null for the system's authorities.</param>
    public StsDownload(IDnsResolver resolver, StsDownloadLimits limits, System.Security.Cryptography.X509Certificates.X509Certificate2Collection? trust = null)
    {
        (_resolver, _limits) = (resolver, limits);
        var sockets = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectCallback = ConnectAsync };
        if (trust is not null)
        {
            sockets.SslOptions.CertificateChainPolicy = new()
            {
                TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
            };
            sockets.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(trust);
        }

        _client = new HttpClient(sockets) { Timeout = limits.Timeout, MaxResponseContentBufferSize = limits.Bytes };
    }

    /// <summary>For other requests to servers that strangers name, under the same precautions.</summary>
    public HttpClient Client => _client;

    /// <summary>The text of a domain's policy. Throws <see cref="IOException"/>.</summary>
    public async Task<string> FetchAsync(string domain, CancellationToken ct)
    {
        try
        {
            var port = _limits.Port == 443 ? "" : $":{_limits.Port}";
            using var response = await _client.GetAsync(new Uri($"https://mta-sts.{domain}{port}/.well-known/mta-sts.txt"), ct);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new IOException($"mta-sts.{domain} answers {(int)response.StatusCode}");
            if (!IsText(response.Content.Headers.ContentType))
                throw new IOException($"mta-sts.{domain} sends no text/plain");
            return Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(ct));
        }
        catch (Exception e) when (e is HttpRequestException or UriFormatException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new IOException(e is OperationCanceledException ? $"mta-sts.{domain} takes too long" : e.InnerException?.Message ?? e.Message, e);
        }
    }

    public void Dispose() => _client.Dispose();

    private static bool IsText(MediaTypeHeaderValue? type) => string.Equals(type?.MediaType, "text/plain", StringComparison.OrdinalIgnoreCase);

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var host = context.DnsEndPoint.Host;
        var answers = await Task.WhenAll(_resolver.ResolveAsync(host, DnsType.Aaaa, ct).AsTask(), _resolver.ResolveAsync(host, DnsType.A, ct).AsTask());
        SocketException? failure = null;
        foreach (var address in answers.SelectMany(answer => answer.Records).OfType<AddressRecord>().Select(record => record.Address))
        {
            if (!_limits.AllowsPrivateAddresses && IsPrivate(address))
                continue;
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, context.DnsEndPoint.Port), ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                failure = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw failure ?? new IOException($"{host} has no address that may be asked") as Exception;
    }

    // RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 §2.5.
    internal static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any);
        return Array.Exists(_private, network => network.Contains(address));
    }

    private static readonly IPNetwork[] _private =
        [.. new[] { "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3" }.Select(text => IPNetwork.Parse(text))];
}
