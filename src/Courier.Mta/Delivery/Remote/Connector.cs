using System.Net;
using Courier.Mta.Routing;
using Courier.Smtp.Client;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Remote;

/// <summary>How connections are made.</summary>
/// <param name="Client">The protocol.</param>
public sealed record ConnectorSettings(SmtpClientSettings Client)
{
    /// <summary>Addresses tried in one attempt, over all hosts.</summary>
    /// <remarks>RFC 5321 §5.1: at least two, and a limit is allowed. Ten dead ones take five minutes.</remarks>
    public int AddressesMax { get; init; } = 10;
}

/// <summary>Brings about a connection to a destination: its hosts in order of preference, each by all its addresses, with the TLS that
/// policy asks of it, until one is ready for mail (RFC 5321 §5.1).</summary>
public sealed class Connector(
    HostLookup lookup, TlsPolicies policies, BrokenTls brokenTls, ConnectorSettings settings, ITlsObserver observer, ILogger logger)
{
    /// <summary>Throws <see cref="HopException"/> when no host is ready for mail.</summary>
    public ValueTask<SmtpClient> ConnectAsync(NextHop hop, CancellationToken ct) => ConnectAsync(hop, isRelaxed: false, ct);

    /// <summary>For mail that may travel without TLS (RFC 8689 §4.2.2): what the destination published about TLS is followed no further than
    /// it goes. What the operator asks of the hop holds. The connection is for such mail alone.</summary>
    public ValueTask<SmtpClient> ConnectRelaxedAsync(NextHop hop, CancellationToken ct) => ConnectAsync(hop, isRelaxed: true, ct);

    private async ValueTask<SmtpClient> ConnectAsync(NextHop hop, bool isRelaxed, CancellationToken ct)
    {
        var hosts = await lookup.HostsAsync(hop, ct);
        var failures = new ConnectFailures(hop);
        if (hosts.Failure is { } failure)
        {
            failures.Add(failure);
            throw failures.ToException();
        }

        var policy = await policies.ForDestinationAsync(hop, ct);
        var left = settings.AddressesMax;
        // Host by host of one preference: RFC 5321 §5.1 takes out all of it where one of them is ourselves.
        foreach (var group in hosts.Hosts.GroupBy(host => host.Preference))
        {
            var found = await Task.WhenAll(group.Select(async host => (Host: host, Addresses: await lookup.AddressesAsync(host, hop, ct))));
            if (!hop.IsConfigured && Array.Exists(found, one => one.Addresses.Addresses.Any(address => lookup.IsOwn(address, one.Host.Port))))
            {
                if (failures.IsEmpty)
                    failures.Add(HostLookup.Loop(hop.Host));
                break;
            }

            foreach (var (host, addresses) in found)
            {
                if (await TryAsync(new Candidate(hop, hosts, host, addresses, policy, isRelaxed), failures, left, ct) is { } client)
                    return client;
                left -= addresses.Addresses.Count;
            }
        }

        throw failures.ToException();
    }

    private sealed record Candidate(NextHop Hop, HostList List, MailHost Host, HostAddresses Addresses, DestinationPolicy Policy, bool IsRelaxed);

    private async ValueTask<SmtpClient?> TryAsync(Candidate candidate, ConnectFailures failures, int most, CancellationToken ct)
    {
        var (hop, host) = (candidate.Hop, candidate.Host);
        if (candidate.Addresses.Failure is { } failure)
        {
            failures.Add(failure);
            return null;
        }

        var demand = await policies.ForHostAsync(hop, candidate.List, host, candidate.Addresses, candidate.Policy, ct);
        if (candidate.IsRelaxed)
            demand = policies.Relaxed(hop, demand);
        if (demand.Refusal is { } refusal)
        {
            observer.Failed(hop, candidate.Policy, demand, host.Name, remote: null, demand.RefusalKind);
            failures.Add(refusal, Describe(host));
            return null;
        }

        foreach (var address in candidate.Addresses.Addresses.Take(most))
        {
            var endPoint = new IPEndPoint(address, host.Port);
            try
            {
                return await OpenAsync(candidate, demand, endPoint, ct);
            }
            catch (SmtpConnectException e)
            {
                Log.Unreachable(logger, $"{Describe(host)} [{address}]", e.Message);
                if (e.Step == SmtpStep.StartTls && !candidate.IsRelaxed)
                    observer.Failed(hop, candidate.Policy, demand, host.Name, endPoint.Address, e.Certificate?.Kind ?? "validation-failure");
                failures.Add(e, Describe(host));
            }
        }

        return null;
    }

    private async ValueTask<SmtpClient> OpenAsync(Candidate candidate, TlsDemand demand, IPEndPoint endPoint, CancellationToken ct)
    {
        var isBroken = demand is { Use: TlsUse.WhenOffered, Check: null } && brokenTls.Contains(endPoint);
        var client = settings.Client with
        {
            Tls = isBroken ? TlsUse.Never : demand.Use,
            Check = demand.Check,
            Credentials = candidate.Hop.Credentials,
        };
        var connection = await SmtpClient.ConnectAsync(endPoint, candidate.Host.Name, client, ct);
        if (connection.TlsProblem is { } problem)
        {
            brokenTls.Add(endPoint);
            Log.BrokenTls(logger, Describe(candidate.Host), problem);
        }

        // What a relaxed connection came to says nothing of the policy; the one before it did.
        if (candidate.IsRelaxed)
            return connection;
        if (connection.IsSecure)
            observer.Succeeded(candidate.Hop, candidate.Policy, demand, candidate.Host.Name);
        else if (demand.Use != TlsUse.Never) // else it was not tried
            observer.Failed(candidate.Hop, candidate.Policy, demand, candidate.Host.Name, endPoint.Address, connection.TlsProblem is null ? "starttls-not-supported" : "validation-failure");
        return connection;
    }

    internal static string Describe(MailHost host) => host.Port == NextHop.SmtpPort ? host.Name : new NextHop(host.Name, host.Port).ToString();
}
