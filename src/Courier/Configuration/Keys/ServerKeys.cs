using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on this host.</summary>
internal static class ServerKeys
{
    internal static readonly Setting<string> HostName = new("server", "hostname", Types.HostName, null, "Name of this host in greetings, Received fields and reports. Default: the system's name.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> State = new("server", "state", Types.Path, null, "Directory of the queue, the accounts and the certificate. Required.");
    internal static readonly Setting<string> Greeting = new("server", "greeting", Banner, null, "What SMTP greets with behind 220, begun with the host's name (Courier's esmtpgreeting). Default: the name and `ESMTP`.") { Scope = SettingScope.Session };

    internal static IReadOnlyList<Setting> All => [HostName, State, Greeting];

    private static SettingType<string> Banner => new("a text of printable ASCII", static (string text, out string value) =>
        (value = text).Length > 0 && text.All(static c => c is '\n' or (>= ' ' and <= '~')));
}
