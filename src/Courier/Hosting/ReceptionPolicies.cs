using System.Collections.Concurrent;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.MailAuth.DnsLists;
using Courier.Mta.Reception.Access;
using Courier.Mta.Reception.Greylisting;
using Courier.Mta.Reception.Rates;
using Courier.Net.Dns;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>The policies of the services that others reach, one for each distinct set of values.</summary>
internal sealed class ReceptionPolicies(IDnsResolver resolver, TimeProvider clock, ILoggerFactory logging) : IDisposable
{
    private readonly Lock _gate = new();
    private Greylist? _greylist;

    private readonly ConcurrentDictionary<SettingsValues, AccessPolicy> _access = new();

    private readonly RateMeters _meters = new(clock);

    internal RatePolicy RatesOf(SettingsValues values) => new(
        new RateSettings
        {
            AccountMessages = values.Get(LimitKeys.AccountMessages),
            AccountRecipients = values.Get(LimitKeys.AccountRecipients),
            PeerMessages = values.Get(LimitKeys.PeerMessages),
            PeerRecipients = values.Get(LimitKeys.PeerRecipients),
        },
        _meters);

    internal AccessPolicy AccessOf(SettingsValues values) => _access.GetOrAdd(values, Make);

    /// <summary>One for all: null where it is off.</summary>
    /// <param name="values">Of the listener.</param>
    /// <param name="stateDirectory">Where it is kept.</param>
    internal Greylist? GreylistOf(SettingsValues values, string stateDirectory)
    {
        if (!values.Get(GreylistKeys.Enabled))
            return null;
        lock (_gate)
        {
            return _greylist ??= new Greylist(
                new GreylistSettings(Path.Combine(stateDirectory, "greylist"))
                {
                    Delay = values.Get(GreylistKeys.Delay),
                    RetryWithin = values.Get(GreylistKeys.Retry),
                    Keep = values.Get(GreylistKeys.Keep),
                    AllowAfter = values.Get(GreylistKeys.AllowAfter),
                    EntriesMax = values.Get(GreylistKeys.Entries),
                },
                clock, logging.CreateLogger<Greylist>());
        }
    }

    public void Dispose() => _greylist?.Dispose();

    private AccessPolicy Make(SettingsValues values)
    {
        var hostName = Stores.HostName(values);
        return new AccessPolicy(
            new AccessSettings(hostName)
            {
                List = values.Get(AccessKeys.AccessList),
                Rules = [.. values.Family(AccessKeys.AccessNetwork).Select(pair => new AccessRule(AccessScope.Parse(pair.Key)!, pair.Value))],
                Domains = values.Get(RelayKeys.Domains)!(hostName),
                DomainList = values.Get(RelayKeys.DomainList),
                PercentDomains = values.Get(RelayKeys.PercentDomains)!(hostName),
                PercentList = values.Get(RelayKeys.PercentList),
                Lists = new DnsListLookup(values.Get(AccessKeys.DnsLists)!, resolver, clock, logging.CreateLogger<DnsListLookup>()),
                LoginRequired = values.Get(AccessKeys.LoginRequired),
                TlsRequired = values.Get(AccessKeys.TlsRequired),
                DropsListed = values.Get(AccessKeys.DropListed),
                GreetingDelay = values.Get(AccessKeys.GreetingDelay),
            },
            clock, logging.CreateLogger<AccessPolicy>());
    }
}
