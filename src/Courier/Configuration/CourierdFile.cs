namespace Courier.Configuration;

/// <summary>Reads Courier's <c>courierd</c>, the environment of its queue, as far as it says what becomes of messages and reports.</summary>
internal sealed class CourierdFile(string directory, ICollection<ConfigurationProblem> problems, ICollection<CourierFileUse> uses)
{
    private static readonly Dictionary<string, string> _elsewhere = new(StringComparer.Ordinal)
    {
        ["ESMTP_USE_STARTTLS"] = "the flag `cleartext` of a route",
        ["ESMTP_TLS_VERIFY_DOMAIN"] = "the flag `verified` of a route, MTA-STS and DANE",
        ["TLS_VERIFYPEER"] = "the flag `verified` of a route, MTA-STS and DANE",
        ["TLS_TRUSTCERTS"] = "[relay] trusted_certificates; without it the system's",
        ["TLS_TRUSTSECURITYCERTS"] = "[relay] trusted_certificates; without it the system's",
        ["DSNNOTIFY"] = "what a sender asks for (NOTIFY) is done",
        ["SOURCE_ADDRESS"] = "ipout",
        ["SOURCE_ADDRESS_IPV6"] = "ip6out",
        ["ESMTP_CORK"] = "what is sent is sent in whole segments",
        ["UUXFLAGS"] = "there is no UUCP module",
    };

    internal IEnumerable<ConfigurationEntry> Read()
    {
        var path = Path.Combine(directory, "courierd");
        foreach (var (number, name, value) in ShellFile.Assignments(path, problems))
        {
            var origin = new Origin(path, number);
            var (setting, text, reason) = ShellFile.Expand(value, directory) is { } expanded ? Translate(name, expanded) : (null, "", ShellFile.NotRun);
            if (setting is null)
            {
                uses.Add(new(origin.ToString(), null, $"{name}: {reason}"));
            }
            else if (!setting.Accepts(text))
            {
                problems.Add(new(origin, name, value, setting.Expected));
            }
            else
            {
                uses.Add(new(origin.ToString(), $"[{setting.Section}] {setting.Key} = {text}", null));
                yield return new(setting.Section, null, setting.Key, text, origin);
            }
        }
    }

    private static (Setting? Setting, string Text, string Reason) Translate(string name, string value) => (name, value) switch
    {
        ("ARCHIVEDIR", "") => (null, "", "no directory"),
        ("ARCHIVEDIR", _) => (QueueKeys.Archive, value, ""),
        ("ESMTP_BLOCKBACKSCATTER", _) => (SettingTable.SilentReports, Sources(value), ""),
        // Only what begins with 0 is no, for Courier.
        ("DSNTOAUTHADDR", _) => (SettingTable.ReportsToAccount, value.StartsWith('0') ? "no" : "yes", ""),
        ("ESMTP_PREFER_IPV6_MX", _) => (SettingTable.RelayPrefer, value is "0" or "" ? "ipv4" : "ipv6", ""),
        _ => (null, "", _elsewhere.GetValueOrDefault(name, "not known here")),
    };

    /// <summary><c>smtp/dsn,authsmtp/dsn</c>: reports on mail of these sources.</summary>
    private static string Sources(string value) => value.Length == 0 ? "none" : value.Replace("authsmtp/dsn", "login", StringComparison.Ordinal).Replace("smtp/dsn", "smtp", StringComparison.Ordinal);
}
