using System.Net;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.Routing;
using Courier.Net.Dns;
using Courier.Smtp.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mta.Remote;

/// <summary>The parts of sending, put together over a name service made up for the test.</summary>
internal static class SendingParts
{
    public static Connector Connector(
        SmtpClientSettings client, IDnsResolver? resolver = null, StsPolicies? sts = null, CertificateTrust? trust = null, HostLookupSettings? lookup = null, ITlsObserver? observer = null, BrokenTls? broken = null,
        bool usesOffered = true)
    {
        resolver ??= new FakeResolver();
        return new Connector(
            Lookup(resolver, lookup), new TlsPolicies(resolver, sts, trust ?? new CertificateTrust(), usesDane: true) { UsesOffered = usesOffered }, broken ?? new BrokenTls(TimeProvider.System),
            new ConnectorSettings(client), observer ?? NoTlsObserver.Instance, NullLogger.Instance);
    }

    public static HostLookup Lookup(IDnsResolver resolver, HostLookupSettings? settings = null) =>
        new(resolver, new HostsFile("/nonexistent", TimeProvider.System), settings ?? new HostLookupSettings());
}

/// <summary>Answers by name and type: <c>example.test MX 10 mx.example.test</c>. What is not there does not exist; a name on the list of
/// failures fails, one on the list of secure ones is authenticated.</summary>
internal sealed class FakeResolver(params string[] records) : IDnsResolver
{
    public List<string> Records { get; } = [.. records];

    public HashSet<string> Failing { get; } = [];

    public bool IsSecure { get; set; }

    public HashSet<string> Insecure { get; } = [];

    public List<string> Asked { get; } = [];

    public ValueTask<DnsAnswer> ResolveAsync(string name, DnsType type, CancellationToken ct)
    {
        var kind = type.ToString().ToUpperInvariant();
        lock (Asked)
            Asked.Add($"{name} {kind}");
        if (Failing.Contains($"{name} {kind}") || Failing.Contains(name))
            return new(DnsAnswer.Failure(name, "SERVFAIL"));
        var isSecure = IsSecure && !Insecure.Contains(name);
        var canonical = name;
        while (Records.Find(record => record.StartsWith($"{canonical} CNAME ", StringComparison.Ordinal)) is { } alias)
            canonical = alias.Split(' ')[2];
        var own = Records.FindAll(record => record.StartsWith(canonical + " ", StringComparison.Ordinal));
        var found = own.FindAll(record => record.Split(' ')[1] == kind).ConvertAll(record => Record(type, record.Split(' ', 3)[2]));
        var outcome = found.Count > 0 ? DnsOutcome.Found : own.Count > 0 ? DnsOutcome.NoData : DnsOutcome.NoSuchName;
        return new(new DnsAnswer(outcome, found, isSecure, canonical, TimeSpan.FromMinutes(1)));
    }

    private static DnsRecord Record(DnsType type, string data) => type switch
    {
        DnsType.A or DnsType.Aaaa => new AddressRecord(IPAddress.Parse(data)),
        DnsType.Mx => new MxRecord(int.Parse(data.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), data.Split(' ')[1]),
        DnsType.Txt => new TxtRecord(data),
        DnsType.Tlsa when data.Split(' ') is [var usage, var selector, var matching, var octets] =>
            new TlsaRecord(byte.Parse(usage, System.Globalization.CultureInfo.InvariantCulture), byte.Parse(selector, System.Globalization.CultureInfo.InvariantCulture), byte.Parse(matching, System.Globalization.CultureInfo.InvariantCulture), Convert.FromHexString(octets)),
        _ => new NameRecord(data),
    };
}
