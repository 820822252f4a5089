using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Security.Cryptography.X509Certificates;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.Routing;
using Courier.Mta.TlsReports;
using Courier.Net;
using Courier.Net.Dns;
using Courier.Queue;
using Courier.Smtp.Client;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>The parts that bring mail to other servers, made from the settings: for the server, and for commands that only look.</summary>
internal sealed class Sending : IDisposable
{
    private static readonly Setting[] _ofIdentity = [RelayKeys.SourceV4, RelayKeys.SourceV6, RelayKeys.Helo, ServerKeys.HostName];

    private readonly Settings _settings;
    private readonly SettingsValues _values;
    private readonly ConcurrentDictionary<SettingsValues, SendingIdentity?> _identities = new();
    private readonly bool _hasIdentities;
    private readonly TimeProvider _clock;
    private readonly StsDownload _download;
    private readonly CancellationTokenSource _stopping = new();
    private Task _reporting = Task.CompletedTask;

    /// <param name="settings">The configuration.</param>
    /// <param name="clock">Time.</param>
    /// <param name="logging">Logs.</param>
    /// <param name="nameServer">Asked instead of the configured ones.</param>
    internal Sending(Settings settings, TimeProvider clock, ILoggerFactory logging, IPEndPoint? nameServer = null)
    {
        (_settings, _values, _clock) = (settings, settings.Defaults, clock);
        _hasIdentities = settings.Entries.Any(static entry => entry.Condition is not null && _ofIdentity.Any(setting => setting.Matches(entry.Section, entry.Key)));
        Resolver = new StubResolver(
            new DnsSettings
            {
                MixCase = _values.Get(DnsKeys.DnsMixCase),
                Servers = (nameServer is null ? _values.Get(DnsKeys.DnsServers) : [nameServer]) is { } servers
                    ? new DnsServers { Servers = servers, Timeout = _values.Get(DnsKeys.DnsTimeout), TrustsAuthentication = true }
                    : null,
            },
            clock);
        Lookup = new HostLookup(Resolver, new HostsFile("/etc/hosts", clock), LookupSettings());
        var roots = Roots();
        _download = new StsDownload(Resolver, new StsDownloadLimits(), roots);
        Sts = _values.Get(RelayKeys.Sts)
            ? new StsPolicies(Resolver, _download.FetchAsync, Path.Combine(Stores.StateDirectory(settings), "sts"), clock, logging.CreateLogger<StsPolicies>())
            : null;
        Policies = new TlsPolicies(Resolver, Sts, new CertificateTrust(roots), _values.Get(RelayKeys.Dane)) { UsesOffered = _values.Get(RelayKeys.StartTls) };
        Relay = RoutesOf(logging);
        Client = ClientOf(_values);
        Results = _values.Get(RelayKeys.TlsReports) ? new TlsResults(Path.Combine(Stores.StateDirectory(settings), "tls-reports"), new TlsReportLimits(), clock) : null;
        Connector = new Connector(
            Lookup, Policies, new BrokenTls(clock), ConnectorSettings, (ITlsObserver?)Results ?? NoTlsObserver.Instance, logging.CreateLogger<Connector>());
    }

    internal StubResolver Resolver { get; }

    internal HostLookup Lookup { get; }

    internal StsPolicies? Sts { get; }

    internal TlsPolicies Policies { get; }

    /// <summary>What is reported on TLS; null where nothing is.</summary>
    internal TlsResults? Results { get; }

    internal RelaySettings Relay { get; }

    internal SmtpClientSettings Client { get; }

    internal ConnectorSettings ConnectorSettings => new(Client);

    internal Connector Connector { get; }

    internal EsmtpAgentSettings Agents
    {
        get
        {
            var (pause, retry) = (_values.Get(RelayKeys.Pause), _values.Get(QueueKeys.RetryFirst));
            return new EsmtpAgentSettings(Client)
            {
                IdleTimeout = _values.Get(RelayKeys.Idle),
                // A retry that would only be told to wait is none.
                FailurePause = pause < retry ? pause : retry,
            };
        }
    }

    /// <summary>As whom a message goes out that came to a virtual host; null: as the server.</summary>
    internal SendingIdentity? IdentityOf(MessageOrigin origin) =>
        _hasIdentities ? _identities.GetOrAdd(_settings.For(new SettingsContext { LocalAddress = origin.Host, Domain = origin.Domain }), MakeIdentity) : null;

    private SendingIdentity? MakeIdentity(SettingsValues values)
    {
        var client = ClientOf(values);
        var isUsual = client.Sources == Client.Sources && client.HostName == Client.HostName && (client.NameFor is null) == (Client.NameFor is null);
        return isUsual ? null : new SendingIdentity(string.Join(' ', values.Holding.Select(static condition => condition.Value).Order(StringComparer.Ordinal)), client.HostName, client.Sources!) { NameFor = client.NameFor };
    }

    /// <summary>Begins the daily reports on TLS, where they are wanted.</summary>
    internal void StartReports(ISubmission submission, Func<MessageBuffer> openBuffer, ILoggerFactory logging)
    {
        if (Results is null || MailAddress.TryParse($"postmaster@{_values.Get(AccountKeys.DefaultDomain) ?? Stores.HostName(_values)}", out var own) is false)
            return;
        var settings = new TlsReporterSettings(Stores.HostName(_values), _values.Get(AccountKeys.Postmaster) ?? own!);
        _reporting = new TlsReporter(Results, Resolver, submission, openBuffer, _download.Client, settings, new TlsReportLimits(), _clock, logging.CreateLogger<TlsReporter>()).RunAsync(_stopping.Token);
    }

    /// <summary>Ends the reports; what was counted is kept.</summary>
    internal async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _reporting;
        Results?.Save();
    }

    public void Dispose()
    {
        _stopping.Dispose();
        _download.Dispose();
        Resolver.Dispose();
    }

    private SmtpClientSettings ClientOf(SettingsValues values)
    {
        var name = Stores.HostName(values);
        var helo = values.Get(RelayKeys.Helo);
        return new SmtpClientSettings(helo is null or "*" ? name : helo)
        {
            Sources = new SourceAddresses(SourceOf(values.Get(RelayKeys.SourceV4)), SourceOf(values.Get(RelayKeys.SourceV6))),
            NameFor = helo == "*" ? NameOfAsync : null,
            Limits = new SmtpClientLimits
            {
                ConnectTimeout = _values.Get(RelayKeys.ConnectTimeout),
                GreetingTimeout = _values.Get(RelayKeys.GreetingTimeout),
                MailTimeout = _values.Get(RelayKeys.CommandTimeout),
                RcptTimeout = _values.Get(RelayKeys.CommandTimeout),
                EndTimeout = _values.Get(RelayKeys.DataTimeout),
            },
        };
    }

    /// <summary>The name that the DNS gives to our address, as esmtphelo's <c>*</c> has it; the address itself where there is none.</summary>
    private async ValueTask<string> NameOfAsync(IPAddress address, CancellationToken ct)
    {
        var answer = await Resolver.ResolveAsync(DnsName.Reverse(address), DnsType.Ptr, ct);
        return answer.Records.OfType<NameRecord>().FirstOrDefault()?.Target
            ?? (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[IPv6:{address}]" : $"[{address}]");
    }

    private static IPAddress? SourceOf(IPAddress? address) => address is null || IsAny(address) ? null : address;

    private RelaySettings RoutesOf(ILoggerFactory logging)
    {
        var logins = _values.Get(RelayKeys.Logins);
        var known = logins is null ? null : EsmtpRoutes.ParseLogins(File.ReadLines(logins));
        var routes = _values.Get(RelayKeys.Routes);
        return new RelaySettings
        {
            Hold = _values.Get(RelayKeys.Hold),
            NextHop = WithLogin(_values.Get(RelayKeys.NextHop), known),
            Routes = _values.Family(RelayKeys.Route).ToDictionary(route => route.Key, route => WithLogin(route.Value, known)!, StringComparer.OrdinalIgnoreCase),
            Table = routes is null ? static _ => null : new EsmtpRouteFiles(routes, logins, _clock, logging.CreateLogger<EsmtpRouteFiles>()).Find,
        };
    }

    private static NextHop? WithLogin(NextHop? hop, IReadOnlyDictionary<string, SmtpCredentials>? logins)
    {
        if (hop is null || logins is null)
            return hop;
        return hop with { Credentials = logins.GetValueOrDefault($"{hop.Host},{hop.Port}") ?? logins.GetValueOrDefault(hop.Host) };
    }

    private HostLookupSettings LookupSettings()
    {
        var listening = _values.Get(SettingTable.Listener("smtp")) ?? [];
        return new HostLookupSettings
        {
            OwnNames = new HashSet<string>([Stores.HostName(_values)], StringComparer.OrdinalIgnoreCase),
            IsOwn = endPoint => listening.Any(own => own.Port == endPoint.Port && (own.Address.Equals(endPoint.Address) || (IsAny(own.Address) && OwnAddresses().Contains(endPoint.Address)))),
            Preference = _values.Get(RelayKeys.Prefer) switch
            {
                "ipv4" => AddressPreference.IPv4First,
                "balanced" => AddressPreference.Balanced,
                _ => AddressPreference.IPv6First,
            },
        };
    }

    /// <summary>The authorities that the operator names, for mail servers and the policies about them alike; null for the system's.</summary>
    private X509Certificate2Collection? Roots()
    {
        if (_values.Get(RelayKeys.Trust) is not { } file)
            return null;
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(file);
        return roots;
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    // Asked when a connection to port 25 is made, not per message: addresses come and go.
    private static IEnumerable<IPAddress> OwnAddresses() =>
        NetworkInterface.GetAllNetworkInterfaces().SelectMany(own => own.GetIPProperties().UnicastAddresses).Select(address => address.Address);
}
