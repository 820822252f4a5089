using System.Net;
using System.Net.Sockets;
using Courier.Mta.Delivery.Remote;
using Courier.Net.Dns;

namespace Courier.Mta.Routing;

/// <summary>Which addresses of a host with both kinds come first.</summary>
public enum AddressPreference
{
    /// <summary>As RFC 6724 §2.1 orders them.</summary>
    IPv6First,
    IPv4First,

    /// <summary>By chance: half of the connections each.</summary>
    Balanced,
}

/// <summary>What we are called and how hosts are chosen.</summary>
public sealed record HostLookupSettings
{
    /// <summary>Names of this host: an MX record with one of them, and those no better, are not for us to send to.</summary>
    public IReadOnlySet<string> OwnNames { get; init; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether we listen there ourselves.</summary>
    public Func<IPEndPoint, bool> IsOwn { get; init; } = static _ => false;

    public AddressPreference Preference { get; init; } = AddressPreference.IPv6First;

    /// <summary>MX records that are looked at, best first.</summary>
    /// <remarks>The largest providers have five. RFC 5321 §5.1 allows a limit.</remarks>
    public int HostsMax { get; init; } = 16;

    /// <summary>Addresses of one host.</summary>
    public int AddressesPerHostMax { get; init; } = 8;
}

/// <summary>Finds the hosts that take a domain's mail, and their addresses (RFC 5321 §5, RFC 7505). What the name service cannot say now
/// is a temporary failure, bogus signatures included; what it denies is a permanent one.</summary>
public sealed class HostLookup(IDnsResolver resolver, HostsFile hosts, HostLookupSettings settings)
{
    public async ValueTask<HostList> HostsAsync(NextHop hop, CancellationToken ct)
    {
        if (!hop.UsesMx || IPAddress.TryParse(hop.Host, out _) || (hop.IsConfigured && hosts.Find(hop.Host).Count > 0))
            return new HostList([new MailHost(hop.Host, hop.Port, 0)], hop.IsConfigured);
        var answer = await resolver.ResolveAsync(hop.Host, DnsType.Mx, ct);
        return answer.Outcome switch
        {
            DnsOutcome.Found => Sort(hop, answer),
            // RFC 5321 §5.1: the implicit MX.
            DnsOutcome.NoData => WithoutOwn([new MailHost(hop.Host, hop.Port, 0)], answer.IsAuthenticated, hop),
            DnsOutcome.NoSuchName => Failed(isPermanent: true, "5.1.2", $"There is no domain {hop.Host}"),
            _ => Failed(isPermanent: false, "4.4.3", $"The mail exchangers of {hop.Host} cannot be looked up: {answer.Problem}"),
        };
    }

    /// <summary>The addresses of one host, those of the preferred family first.</summary>
    public async ValueTask<HostAddresses> AddressesAsync(MailHost host, NextHop hop, CancellationToken ct)
    {
        if (IPAddress.TryParse(host.Name, out var literal))
            return new HostAddresses([literal], hop.IsConfigured, host.Name);
        if (hop.IsConfigured && hosts.Find(host.Name) is { Count: > 0 } known)
            return new HostAddresses(Order([.. known.Where(address => IsWanted(address.AddressFamily, hop.Families))]), IsSecure: false, host.Name);

        var six = hop.Families == AddressFamilies.IPv4Only ? null : resolver.ResolveAsync(host.Name, DnsType.Aaaa, ct).AsTask();
        var four = hop.Families == AddressFamilies.IPv6Only ? null : resolver.ResolveAsync(host.Name, DnsType.A, ct).AsTask();
        var answers = await Task.WhenAll(((Task<DnsAnswer>?[])[six, four]).OfType<Task<DnsAnswer>>());
        var addresses = answers.SelectMany(answer => answer.Records).OfType<AddressRecord>().Select(record => record.Address).ToList();
        var name = Array.Find(answers, answer => answer.IsFound)?.CanonicalName ?? host.Name;
        if (addresses.Count > 0)
            return new HostAddresses(Order(addresses), Array.TrueForAll(answers, answer => answer.IsAuthenticated), name);
        var failure = Array.Find(answers, answer => answer.Outcome == DnsOutcome.Failed) is { } failed
            ? new RouteFailure(false, "4.4.3", $"The address of {host.Name} cannot be looked up: {failed.Problem}")
            : new RouteFailure(true, "5.4.4", $"The host {host.Name} has no address");
        return new HostAddresses([], IsSecure: false, name, failure);
    }

    /// <summary>Whether we listen there: mail sent to it would come back.</summary>
    public bool IsOwn(IPAddress address, int port) => settings.IsOwn(new IPEndPoint(address, port));

    internal static RouteFailure Loop(string domain) => new(true, "5.4.6", $"The mail exchangers of {domain} lead back to this server, which does not take its mail");

    private HostList Sort(NextHop hop, DnsAnswer answer)
    {
        var records = answer.Records.OfType<MxRecord>().ToList();
        // RFC 7505 §3: “.” alone says that there is no mail. Beside others it means nothing.
        if (records.TrueForAll(record => record.Exchange == "."))
            return Failed(isPermanent: true, "5.1.10", $"The domain {hop.Host} takes no mail (null MX)");
        // An address instead of a name (RFC 5321 §5.1) can be looked up by nobody.
        records.RemoveAll(record => record.Exchange == "." || IPAddress.TryParse(record.Exchange, out _));
        if (records.Count == 0)
            return Failed(isPermanent: true, "5.4.4", $"The MX records of {hop.Host} name no host");
        var shuffled = records.DistinctBy(record => record.Exchange).ToArray();
        Random.Shared.Shuffle(shuffled);
        var sorted = shuffled.OrderBy(record => record.Preference).Take(settings.HostsMax);
        return WithoutOwn([.. sorted.Select(record => new MailHost(record.Exchange, hop.Port, record.Preference))], answer.IsAuthenticated, hop);
    }

    /// <summary>RFC 5321 §5.1: our own record, those of its preference and all that are worse are no way for the mail.</summary>
    private HostList WithoutOwn(List<MailHost> found, bool isSecure, NextHop hop)
    {
        if (hop.IsConfigured || found.Find(host => settings.OwnNames.Contains(host.Name)) is not { } own)
            return new HostList(found, isSecure);
        found.RemoveAll(host => host.Preference >= own.Preference);
        return found.Count > 0 ? new HostList(found, isSecure) : new HostList([], isSecure, Loop(hop.Host));
    }

    private List<IPAddress> Order(List<IPAddress> addresses)
    {
        var first = settings.Preference switch
        {
            AddressPreference.IPv4First => AddressFamily.InterNetwork,
            AddressPreference.Balanced when Random.Shared.Next(2) == 0 => AddressFamily.InterNetwork,
            _ => AddressFamily.InterNetworkV6,
        };
        return [.. addresses.OrderBy(address => address.AddressFamily == first ? 0 : 1).Take(settings.AddressesPerHostMax)];
    }

    private static bool IsWanted(AddressFamily family, AddressFamilies families) => families switch
    {
        AddressFamilies.IPv4Only => family == AddressFamily.InterNetwork,
        AddressFamilies.IPv6Only => family == AddressFamily.InterNetworkV6,
        _ => true,
    };

    private static HostList Failed(bool isPermanent, string status, string text) => new([], IsSecure: false, new RouteFailure(isPermanent, status, text));
}
