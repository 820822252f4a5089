using Courier.Mta.Reception.Senders;
using Courier.Queue;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on whom mail is taken for.</summary>
internal static class RecipientKeys
{
    internal static readonly Setting<IReadOnlySet<MessageSource>> RefuseTroubled = new("recipients", "refuse_troubled", Types.Sources, "none", "When mail that came this way failed or was deferred for an address, more for it that comes this way is refused (550) or asked to come later (450) for two hours, or until it succeeds: `smtp` (from strangers), `login` (after a login, or from a peer that may relay by its address), or both with a comma (Courier's BOFHSUPPRESSBACKSCATTER). `courier show` lists the addresses, `courier clear` forgets them.");
    internal static readonly Setting<string> OverQuota = new("recipients", "over_quota", Types.Choice("later", "refused"), "later", "Mail for a mailbox whose quota (`maildirsize`) leaves no room for it: `later` asks the sender to come again, and lets what is queued wait until it expires; `refused` refuses it and returns what is queued.");
    internal static readonly Setting<AddressPatterns> SpamTraps = new("recipients", "spam_traps", SenderKeys.Patterns, "none", "A message for one of these is refused for all its recipients (spamtrap). They need no account.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> Verify = new("recipients", "vrfy", Types.Choice("no", "friends", "all"), "no", "Who is told by VRFY whether an address exists: nobody, those who logged in or may relay, or all.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> Expand = new("recipients", "expn", Types.Choice("no", "friends", "all"), "no", "Who is answered by EXPN.") { Scope = SettingScope.Session };

    internal static IReadOnlyList<Setting> All => [RefuseTroubled, OverQuota, SpamTraps, Verify, Expand];
}
