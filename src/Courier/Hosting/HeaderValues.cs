using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Mta.Reception.Headers;

namespace Courier.Hosting;

/// <summary>The keys on headers in the words of the reception.</summary>
internal static class HeaderValues
{
    internal static HeaderSettings Of(SettingsValues values) => new()
    {
        AddsMessageId = WhoseOf(values.Get(HeaderKeys.AddMessageId)),
        AddsDate = WhoseOf(values.Get(HeaderKeys.AddDate)),
        MessageIdHost = values.Get(HeaderKeys.MessageIdHost),
        Domain = DomainOf(values),
        Completes = WhoseOf(values.Get(HeaderKeys.Complete)),
        Changes = values.Get(HeaderKeys.Change) switch
        {
            "all" => HeaderChanges.All,
            "none" => HeaderChanges.None,
            _ => HeaderChanges.Unsigned,
        },
    };

    internal static string DomainOf(SettingsValues values) => values.Get(HeaderKeys.Domain) ?? values.Get(AccountKeys.DefaultDomain) ?? Stores.HostName(values);

    /// <summary>What a listener adds to paths without a domain; null for nothing.</summary>
    internal static string? CompletionOf(SettingsValues values, bool isSubmission) => WhoseOf(values.Get(HeaderKeys.Complete)) switch
    {
        Whose.Everybody => DomainOf(values),
        Whose.Submitted when isSubmission => DomainOf(values),
        _ => null,
    };

    private static Whose WhoseOf(string? text) => text switch
    {
        "all" => Whose.Everybody,
        "none" => Whose.Nobody,
        _ => Whose.Submitted,
    };
}
