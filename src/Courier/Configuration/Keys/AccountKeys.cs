using Courier.Mail.Addresses;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on who has mail here, and how they log in.</summary>
internal static class AccountKeys
{
    internal static readonly Setting<string> DefaultDomain = new("accounts", "default_domain", Types.HostName, null, "Domain of logins and of `postmaster` without one.");
    internal static readonly Setting<string> Maildirs = new("accounts", "maildirs", Types.Path, null, "Where new accounts get their Maildir; `{domain}` and `{user}` are filled in. Default: `mail/{domain}/{user}/Maildir` below the state directory.");
    internal static readonly Setting<string> CleartextLogins = new("accounts", "cleartext_logins", Types.Choice("never", "loopback", "always"), "never", "Whether passwords may cross a connection without TLS.") { Scope = SettingScope.Session };
    internal static readonly Setting<MailAddress> Postmaster = new("accounts", "postmaster", Types.Address, null, "Who gets mail for `postmaster` where there is no such account (RFC 5321 §4.5.1).") { Scope = SettingScope.Session };
    internal static readonly Setting<string> Locals = new("accounts", "locals", Types.Path, null, "File of domains as Courier has it, one in a line, that are further names of `default_domain`: mail for `ada` at one of them is mail for `ada` there. An edit counts at once.");
    internal static readonly Setting<string> HostedDomains = new("accounts", "hosteddomains", Types.Path, null, "File or directory of domains as Courier has it, whose mail is delivered here: `example.org`, `.example.org` for all below it; with a second domain behind it the domain is one more name of that. An account `alias` in one of them gets what nobody else there gets.");

    internal static IReadOnlyList<Setting> All => [DefaultDomain, Maildirs, CleartextLogins, Postmaster, Locals, HostedDomains];
}
