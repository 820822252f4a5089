using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on what is made good in messages.</summary>
internal static class HeaderKeys
{
    internal static readonly Setting<string> AddMessageId = new("headers", "add_message_id", Whose, "submitted", "Whose messages get a Message-ID where they have none (Courier's NOADDMSGID): those that are `submitted`, by users or programs of this machine, or all.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> AddDate = new("headers", "add_date", Whose, "submitted", "Whose messages get a Date where they have none (NOADDDATE).") { Scope = SettingScope.Session };
    internal static readonly Setting<string> MessageIdHost = new("headers", "message_id_host", Types.HostName, null, "Domain of a Message-ID of ours (Courier's msgidhost). Default: `[server] hostname`.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> Domain = new("headers", "domain", Types.HostName, null, "What addresses without a domain get, and what stands for a literal of our own address (Courier's defaultdomain). Default: `[accounts] default_domain`, else `[server] hostname`.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> Complete = new("headers", "complete", Whose, "submitted", "Whose addresses without a domain get one, in the envelope and in From, Sender, Reply-To, To, Cc and Bcc.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> Change = new("headers", "change", Types.Choice("unsigned", "all", "none"), "unsigned", "Which headers may be changed for that (NOADDRREWRITE 2, 0, 1): those without a DKIM-Signature, all, or none.") { Scope = SettingScope.Session };

    internal static IReadOnlyList<Setting> All => [AddMessageId, AddDate, MessageIdHost, Domain, Complete, Change];

    private static SettingType<string> Whose => Types.Choice("submitted", "all", "none");
}
