using System.CommandLine;
using System.Net;
using Courier.Hosting;
using Courier.Logging;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.Routing;
using Courier.Net.Dns;
using Microsoft.Extensions.Logging;

namespace Courier.CommandLine;

/// <summary><c>courier testmxlookup</c> and <c>courier trace-smtp</c>: what a delivery would find and do, without sending anything.</summary>
internal static class TraceCommands
{
    internal static Command MxLookup(CommonOptions common)
    {
        var words = new Argument<string[]>("[@SERVER] DOMAIN") { Description = "A domain; before it, the name server to ask.", Arity = new ArgumentArity(1, 2) };
        var sts = new Option<bool>("--sts") { Description = "Print the domain's MTA-STS policy, too." };
        var purge = new Option<bool>("--sts-purge") { Description = "Forget the domain's MTA-STS policy first." };
        var dnssec = new Option<bool>("--dnssec") { Description = "Say whether the answers were validated." };
        var command = common.Looking("testmxlookup", "Print the hosts that take a domain's mail.", async (parsed, settings, ct) =>
        {
            var given = parsed.GetRequiredValue(words);
            var server = given.Length == 2 && given[0].StartsWith('@') && IPEndPoint.TryParse(given[0][1..], out var endPoint) ? endPoint : null;
            if (given.Length == 2 && server is null)
                return await parsed.FailAsync(ExitCode.Usage, $"{given[0]} is not @ and an address");
            using var logging = Logging(parsed);
            using var sending = new Sending(settings, TimeProvider.System, logging, server is null ? null : new IPEndPoint(server.Address, server.Port == 0 ? 53 : server.Port));
            var domain = given[^1];
            if (parsed.GetValue(purge) && DnsName.Normalize(domain) is { } name)
                sending.Sts?.Purge(name);
            return await PrintHostsAsync(parsed.InvocationConfiguration.Output, sending, domain, parsed.GetValue(sts), parsed.GetValue(dnssec), ct);
        });
        command.Add(words);
        command.Add(sts);
        command.Add(purge);
        command.Add(dnssec);
        return command;
    }

    internal static Command TraceSmtp(CommonOptions common)
    {
        var domain = new Argument<string>("DOMAIN") { Description = "A domain, or an address in it." };
        var command = common.Looking("trace-smtp", "Show the routing, DNS, TLS and dialogue that a delivery to a domain would have, without sending.", async (parsed, settings, ct) =>
        {
            using var logging = Logging(parsed);
            using var sending = new Sending(settings, TimeProvider.System, logging);
            var given = parsed.GetRequiredValue(domain);
            return await new SmtpTrace(sending, parsed.InvocationConfiguration.Output, logging).RunAsync(given[(given.LastIndexOf('@') + 1)..], ct);
        });
        command.Add(domain);
        return command;
    }

    /// <summary>What the server would warn of, a line of the routes that cannot be read or a policy that cannot be had, goes to standard error.</summary>
    private static ILoggerFactory Logging(ParseResult parsed) => LoggerFactory.Create(builder =>
        builder.SetMinimumLevel(LogLevel.Warning).AddProvider(new LineLoggerProvider(LogFormat.Console, new StreamSink(parsed.InvocationConfiguration.Error), TimeProvider.System)));

    // In the form that Courier's testmxlookup has.
    private static async Task<int> PrintHostsAsync(TextWriter output, Sending sending, string domain, bool withSts, bool withSecurity, CancellationToken ct)
    {
        var hop = NextHop.OfDomain(domain);
        var list = await sending.Lookup.HostsAsync(hop, ct);
        await output.WriteLineAsync($"Domain {domain}:");
        if (list.Failure is { } failure)
        {
            await output.WriteLineAsync($"{(failure.IsPermanent ? "Hard" : "Soft")} error: {failure.Status} {failure.Text}");
            return failure.IsPermanent ? ExitCode.NoUser : ExitCode.TemporaryFailure;
        }

        foreach (var host in list.Hosts)
        {
            var found = await sending.Lookup.AddressesAsync(host, hop, ct);
            foreach (var address in found.Addresses)
                await output.WriteLineAsync($"Relay: {host.Name}, Priority: {host.Preference}, Address: {address}{(withSecurity ? found.IsSecure && list.IsSecure ? " (DNSSEC)" : " (no DNSSEC)" : "")}");
            if (found.Failure is { } trouble)
                await output.WriteLineAsync($"Relay: {host.Name}, Priority: {host.Preference}, {trouble.Text}");
        }

        if (withSts && sending.Sts is { } policies)
        {
            var policy = await policies.FindAsync(domain, ct);
            await output.WriteLineAsync(policy is null ? "STS: none" : $"STS: {policy.Mode.ToString().ToLowerInvariant()}, max_age {policy.MaxAge.TotalSeconds:0}");
            foreach (var host in policy?.Hosts ?? [])
                await output.WriteLineAsync($"STS: mx {host}");
        }

        return ExitCode.Ok;
    }
}

/// <summary>Walks the way of a message up to the moment where it would be sent, and says what it meets.</summary>
internal sealed class SmtpTrace(Sending sending, TextWriter output, ILoggerFactory logging)
{
    internal async Task<int> RunAsync(string domain, CancellationToken ct)
    {
        if (sending.Relay.Hold)
            await SayAsync("Routing", "[relay] hold is on: mail for other domains stays in the queue; without it:");
        var hop = sending.Relay.HopFor(domain.ToLowerInvariant());
        await SayAsync("Routing", $"{domain} goes to {hop.Destination}{(hop.Credentials is { } login ? $", logged in as {login.User}" : "")}");
        var list = await sending.Lookup.HostsAsync(hop, ct);
        if (list.Failure is { } failure)
        {
            await SayAsync("DNS", $"{failure.Status} {failure.Text}");
            return failure.IsPermanent ? ExitCode.NoUser : ExitCode.TemporaryFailure;
        }

        var policy = await sending.Policies.ForDestinationAsync(hop, ct);
        await SayAsync("MTA-STS", policy.Sts is { } sts ? $"{sts.Mode.ToString().ToLowerInvariant()}, hosts {string.Join(", ", sts.Hosts)}" : "no policy");
        foreach (var host in list.Hosts)
            await SayHostAsync(hop, list, host, policy, ct);
        return await ConnectAsync(hop, ct);
    }

    private async Task SayHostAsync(NextHop hop, HostList list, MailHost host, DestinationPolicy policy, CancellationToken ct)
    {
        var addresses = await sending.Lookup.AddressesAsync(host, hop, ct);
        await SayAsync("DNS", $"{host.Preference} {host.Name}: {addresses.Failure?.Text ?? string.Join(", ", addresses.Addresses)}{(list.IsSecure && addresses.IsSecure ? " (validated)" : "")}");
        if (addresses.Failure is not null)
            return;
        var demand = await sending.Policies.ForHostAsync(hop, list, host, addresses, policy, ct);
        foreach (var record in demand.Tlsa)
            await SayAsync("DANE", $"{host.Name} TLSA {record}");
        await SayAsync("TLS", $"{host.Name}: {Describe(demand)}");
    }

    private static string Describe(TlsDemand demand) => demand switch
    {
        { Refusal: { } refusal } => "not used: " + refusal.Text,
        { Check: not null } => $"required, with a certificate that fits ({demand.Source})",
        _ => demand.Use switch
        {
            Smtp.Client.TlsUse.Never => "never",
            Smtp.Client.TlsUse.Implicit => "from the first byte, with any certificate",
            Smtp.Client.TlsUse.Required => $"required, with any certificate ({demand.Source})",
            _ => "where it is offered, with any certificate",
        },
    };

    private async Task<int> ConnectAsync(NextHop hop, CancellationToken ct)
    {
        var client = sending.Client with { Transcript = line => output.WriteLine("           " + line) };
        var connector = new Connector(
            sending.Lookup, sending.Policies, new BrokenTls(TimeProvider.System), sending.ConnectorSettings with { Client = client }, NoTlsObserver.Instance, logging.CreateLogger<Connector>());
        try
        {
            await using var connection = await connector.ConnectAsync(hop, ct);
            await SayAsync("Result", $"{connection.Name} [{connection.Remote.Address}] is ready for mail, {(connection.IsSecure ? $"over {connection.TlsDescription}{(connection.IsVerified ? ", verified" : "")}" : "in the clear")}");
            return ExitCode.Ok;
        }
        catch (HopException e)
        {
            await SayAsync("Result", $"{(e.Kind == Queue.OutcomeKind.Failed ? "mail would be returned" : "mail would wait")}: {e.Status} {e.Message}{(e.Server is { } server ? $" ({server})" : "")}");
            return e.Kind == Queue.OutcomeKind.Failed ? ExitCode.NoUser : ExitCode.TemporaryFailure;
        }
    }

    private Task SayAsync(string subject, string text) => output.WriteLineAsync($"{subject,-10} {text}");
}
