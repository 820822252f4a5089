using System.Collections.Concurrent;
using Courier.Configuration;
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
            AccountMessages = values.Get(SettingTable.AccountMessages),
            AccountRecipients = values.Get(SettingTable.AccountRecipients),
            PeerMessages = values.Get(SettingTable.PeerMessages),
            PeerRecipients = values.Get(SettingTable.PeerRecipients),
        },
        _meters);

    internal AccessPolicy AccessOf(SettingsValues values) => _access.GetOrAdd(values, Make);

    /// <summary>One for all: null where it is off.</summary>
    /// <param name="values">Of the listener.</param>
    /// <param name="stateDirectory">Where it is kept.</param>
    internal Greylist? GreylistOf(SettingsValues values, string stateDirectory)
    {
        if (!values.Get(SettingTable.Greylisting))
            return null;
        lock (_gate)
        {
            return _greylist ??= new Greylist(
                new GreylistSettings(Path.Combine(stateDirectory, "greylist"))
                {
                    Delay = values.Get(SettingTable.GreylistDelay),
                    RetryWithin = values.Get(SettingTable.GreylistRetry),
                    Keep = values.Get(SettingTable.GreylistKeep),
                    AllowAfter = values.Get(SettingTable.GreylistAllowAfter),
                    EntriesMax = values.Get(SettingTable.GreylistEntries),
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
                List = values.Get(SettingTable.AccessList),
                Rules = [.. values.Family(SettingTable.AccessNetwork).Select(pair => new AccessRule(AccessScope.Parse(pair.Key)!, pair.Value))],
                Domains = values.Get(SettingTable.RelayDomains)!(hostName),
                DomainList = values.Get(SettingTable.RelayDomainList),
                PercentDomains = values.Get(SettingTable.PercentDomains)!(hostName),
                PercentList = values.Get(SettingTable.PercentList),
                Lists = new DnsListLookup(values.Get(SettingTable.DnsLists)!, resolver, clock, logging.CreateLogger<DnsListLookup>()),
                LoginRequired = values.Get(SettingTable.LoginRequired),
                TlsRequired = values.Get(SettingTable.TlsRequired),
                DropsListed = values.Get(SettingTable.DropListed),
                GreetingDelay = values.Get(SettingTable.GreetingDelay),
            },
            clock, logging.CreateLogger<AccessPolicy>());
    }
}
