using Courier.Mta.Routing;
using Courier.Net.Dns;
using Courier.Smtp.Client;

namespace Courier.Mta.Delivery.Remote;

/// <summary>What a destination published about TLS.</summary>
/// <param name="Sts">Its MTA-STS policy, or null.</param>
public sealed record DestinationPolicy(StsPolicy? Sts)
{
    public static DestinationPolicy None { get; } = new((StsPolicy?)null);
}

/// <summary>What TLS a host must offer.</summary>
/// <param name="Use">Whether and when.</param>
/// <param name="Check">What its certificate must be; null takes any.</param>
/// <param name="Source">Where that comes from: <c>tlsa</c>, <c>sts</c> or <c>no-policy-found</c> as RFC 8460 §4.2 has them, or <c>configured</c>.</param>
public sealed record TlsDemand(TlsUse Use, CertificateCheck? Check, string Source)
{
    /// <summary>Set where the host must not be used at all.</summary>
    public RouteFailure? Refusal { get; init; }

    /// <summary>The result type of RFC 8460 §4.3 that goes with it.</summary>
    public string RefusalKind { get; init; } = "validation-failure";

    /// <summary>The TLSA records, as reports want them.</summary>
    public IReadOnlyList<string> Tlsa { get; init; } = [];
}

/// <summary>Decides what TLS is asked of a host: the operator's word, else DANE (RFC 7672), else MTA-STS (RFC 8461), else whatever is
/// offered (RFC 7435). DANE goes first: a policy of MTA-STS must not excuse a failed DANE check (RFC 8461 §2).</summary>
/// <param name="resolver">Its AD bit is believed.</param>
/// <param name="sts">Null without MTA-STS.</param>
/// <param name="trust">Whose certificates are believed.</param>
/// <param name="usesDane">False ignores TLSA records.</param>
public sealed class TlsPolicies(IDnsResolver resolver, StsPolicies? sts, CertificateTrust trust, bool usesDane)
{
    /// <summary>Whether TLS that nobody asks for is used where it is offered (RFC 7435).</summary>
    public bool UsesOffered { get; init; } = true;

    public async ValueTask<DestinationPolicy> ForDestinationAsync(NextHop hop, CancellationToken ct) =>
        sts is not null && hop is { UsesMx: true, Security: HopSecurity.WhenOffered or HopSecurity.Required }
            ? new DestinationPolicy(await sts.FindAsync(hop.Host, ct))
            : DestinationPolicy.None;

    public async ValueTask<TlsDemand> ForHostAsync(
        NextHop hop, HostList list, MailHost host, HostAddresses addresses, DestinationPolicy policy, CancellationToken ct)
    {
        switch (hop.Security)
        {
            case HopSecurity.Never:
                return new TlsDemand(TlsUse.Never, null, "configured");
            case HopSecurity.Smtps:
                return new TlsDemand(TlsUse.Implicit, null, "configured");
            case HopSecurity.Verified:
                return new TlsDemand(hop.Port == ImplicitTlsPort ? TlsUse.Implicit : TlsUse.Required, trust.ForHost(host.Name), "configured");
        }

        // RFC 7672 §2.2: the way from the domain to the address must be secure, or the records are about somebody else.
        if (usesDane && list.IsSecure && addresses.IsSecure && await DaneAsync(hop, host, addresses, ct) is { } dane)
            return dane;
        if (policy.Sts is { Mode: StsMode.Enforce } enforced)
            return ByPolicy(enforced, host);
        return new TlsDemand(Unasked(hop), null, policy.Sts is null ? "no-policy-found" : "sts");
    }

    /// <summary>What is left of a demand for mail that may travel without TLS: the operator's word.</summary>
    internal TlsDemand Relaxed(NextHop hop, TlsDemand demand) => demand.Source == "configured" ? demand : new TlsDemand(Unasked(hop), null, demand.Source);

    private TlsUse Unasked(NextHop hop) => hop.Security == HopSecurity.Required ? TlsUse.Required : UsesOffered ? TlsUse.WhenOffered : TlsUse.Never;

    /// <summary>RFC 8314 §7.3.</summary>
    private const int ImplicitTlsPort = 465;

    private TlsDemand ByPolicy(StsPolicy policy, MailHost host)
    {
        if (policy.Matches(host.Name))
            return new TlsDemand(TlsUse.Required, trust.ForHost(host.Name), "sts");
        return new TlsDemand(TlsUse.Required, null, "sts")
        {
            Refusal = new RouteFailure(false, "4.7.5", $"{host.Name} is not among the hosts of the MTA-STS policy of {policy.Domain}"),
        };
    }

    /// <summary>RFC 7672 §2.2, §2.2.2: the records of the host's canonical name, else of its own; null where there are none.</summary>
    private async ValueTask<TlsDemand?> DaneAsync(NextHop hop, MailHost host, HostAddresses addresses, CancellationToken ct)
    {
        var names = new[] { addresses.CanonicalName, host.Name }.Distinct(StringComparer.OrdinalIgnoreCase);
        foreach (var name in names)
        {
            var answer = await resolver.ResolveAsync($"_{host.Port}._tcp.{name}", DnsType.Tlsa, ct);
            if (answer.Outcome == DnsOutcome.Failed)
            {
                // RFC 7672 §2.2: a lookup that fails may be an attack; the host is not used.
                return new TlsDemand(TlsUse.Required, null, "tlsa")
                {
                    Refusal = new RouteFailure(false, "4.7.5", $"The TLSA records of {name} cannot be looked up: {answer.Problem}"),
                    RefusalKind = "dnssec-invalid",
                };
            }

            if (!answer.IsFound || !answer.IsAuthenticated)
                continue;
            var records = answer.Records.OfType<TlsaRecord>().ToList();
            var usable = records.FindAll(DaneCheck.IsUsable);
            return new TlsDemand(TlsUse.Required, usable.Count > 0 ? DaneCheck.For(usable, [name, host.Name, hop.Host]) : null, "tlsa")
            {
                Tlsa = records.ConvertAll(record => $"{record.Usage} {record.Selector} {record.MatchingType} {Convert.ToHexStringLower(record.Data.Span)}"),
            };
        }

        return null;
    }
}

/// <summary>Told of every TLS connection that was tried, for reports (RFC 8460).</summary>
public interface ITlsObserver
{
    void Succeeded(NextHop hop, DestinationPolicy policy, TlsDemand demand, string host);

    /// <param name="hop">Whose mail it was.</param>
    /// <param name="policy">What the destination published.</param>
    /// <param name="demand">What was asked of the host.</param>
    /// <param name="host">The host.</param>
    /// <param name="remote">Its address, where it came so far.</param>
    /// <param name="kind">Result type of RFC 8460 §4.3.</param>
    void Failed(NextHop hop, DestinationPolicy policy, TlsDemand demand, string host, System.Net.IPAddress? remote, string kind);
}

/// <summary>Keeps nothing.</summary>
public sealed class NoTlsObserver : ITlsObserver
{
    public static NoTlsObserver Instance { get; } = new();

    public void Succeeded(NextHop hop, DestinationPolicy policy, TlsDemand demand, string host)
    {
        // Nobody asked.
    }

    public void Failed(NextHop hop, DestinationPolicy policy, TlsDemand demand, string host, System.Net.IPAddress? remote, string kind)
    {
        // Nobody asked.
    }
}
