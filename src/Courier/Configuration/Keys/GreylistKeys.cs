using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on putting off whom nobody has seen before.</summary>
internal static class GreylistKeys
{
    internal static readonly Setting<bool> Enabled = new("greylist", "enabled", Types.YesNo, "no", "Put off the first message of a network (IPv4 /24, IPv6 /64), sender and recipient that were not seen together before (RFC 6647). Not for users, nor for peers that may relay or that an access list allows.") { Scope = SettingScope.Session };
    internal static readonly Setting<TimeSpan> Delay = new("greylist", "delay", Types.Duration, "5min", "For how long.");
    internal static readonly Setting<TimeSpan> Retry = new("greylist", "retry_within", Types.Duration, "2d", "Within this time it must be tried again.");
    internal static readonly Setting<TimeSpan> Keep = new("greylist", "keep", Types.Duration, "36d", "For how long after the last message those who passed are remembered.");
    internal static readonly Setting<int> AllowAfter = new("greylist", "allow_after", Types.Count, "5", "A network that passed so often is not put off any more.");
    internal static readonly Setting<int> Entries = new("greylist", "entries", Types.Count, "200000", "How much is remembered, at some 50 bytes each; what waits longest makes room.");

    internal static IReadOnlyList<Setting> All => [Enabled, Delay, Retry, Keep, AllowAfter, Entries];
}
