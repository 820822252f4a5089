using Courier.Smtp.Server;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on what EHLO offers.</summary>
internal static class ExtensionKeys
{
    internal static readonly Setting<SmtpExtensions> Withheld = new("extensions", "withhold", Types.Extensions, "none", "Words that EHLO leaves out and whose parameters are refused, as `DSN, CHUNKING`.") { Scope = SettingScope.Session };

    internal static IReadOnlyList<Setting> All => [Withheld];
}
