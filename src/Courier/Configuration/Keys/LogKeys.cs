using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on the log.</summary>
internal static class LogKeys
{
    internal static readonly Setting<string> Level = new("log", "level", Types.Choice("debug", "information", "warning"), "information", "Least level that is written.");
    internal static readonly Setting<string> Format = new("log", "format", Types.Choice("console", "systemd", "syslog"), "console", "`console`: lines with time on standard error; `systemd`: lines with priority; `syslog`: datagrams to /dev/log.");

    internal static IReadOnlyList<Setting> All => [Level, Format];
}
