using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Mta.Reception;
using Courier.Mta.Reception.Senders;
using Courier.Net.Dns;

namespace Courier.Hosting;

/// <summary>The keys on senders in the words of the reception.</summary>
internal static class SenderValues
{
    internal static SenderSettings Of(SettingsValues values, IDnsResolver resolver) => new()
    {
        Refused = values.Get(SenderKeys.Refused)!,
        RefusedExchangers = values.Get(SenderKeys.RefusedExchangers)!,
        FreeMail = values.Family(SenderKeys.FreeMail).ToDictionary(StringComparer.OrdinalIgnoreCase),
        SpamTraps = values.Get(RecipientKeys.SpamTraps)!,
        ChecksDomain = values.Get(SenderKeys.CheckDomain),
        Helo = values.Get(SenderKeys.CheckHelo) switch
        {
            "temporary" => HeloCheck.Temporary,
            "permanent" => HeloCheck.Permanent,
            _ => HeloCheck.Off,
        },
        OwnOnly = values.Get(SenderKeys.OwnOnly) switch
        {
            "envelope" => OwnAddresses.Envelope,
            "header" => OwnAddresses.Header,
            _ => OwnAddresses.Off,
        },
        MayUse = values.Family(SenderKeys.MayUse).ToDictionary(StringComparer.Ordinal),
        Resolver = resolver,
    };

    internal static Audience AudienceOf(string? text) => text switch
    {
        "friends" => Audience.Friends,
        "all" => Audience.Everybody,
        _ => Audience.Nobody,
    };
}
