using System.Collections.Concurrent;
using Courier.Configuration;
using Courier.Mta.Reception.Access;
using Microsoft.Extensions.Logging;

namespace Courier.Hosting;

/// <summary>The policies of the services that others reach, one for each distinct set of values.</summary>
internal sealed class ReceptionPolicies(TimeProvider clock, ILoggerFactory logging)
{
    private readonly ConcurrentDictionary<SettingsValues, AccessPolicy> _access = new();

    internal AccessPolicy AccessOf(SettingsValues values) => _access.GetOrAdd(values, Make);

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
                GreetingDelay = values.Get(SettingTable.GreetingDelay),
            },
            clock, logging.CreateLogger<AccessPolicy>());
    }
}
