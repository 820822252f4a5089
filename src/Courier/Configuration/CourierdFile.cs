using Courier.Configuration.Keys;
namespace Courier.Configuration;

/// <summary>Reads Courier's <c>courierd</c>, the environment of its queue and its senders: what it says of TLS to other servers, of reports and of
/// the archive.</summary>
internal sealed class CourierdFile(string directory, ICollection<ConfigurationProblem> problems, ICollection<CourierFileUse> uses)
{
    private static readonly Dictionary<string, string> _elsewhere = new(StringComparer.Ordinal)
    {
        ["ESMTP_CORK"] = "what belongs together is written at once",
        ["ESMTP_TLS_VERIFY_DOMAIN"] = "the flag verified of a route, DANE and MTA-STS ask for certificates",
        ["TLS_VERIFYPEER"] = "the flag verified of a route, DANE and MTA-STS ask for certificates",
        ["TLS_TRUSTSECURITYCERTS"] = "[relay] trusted_certificates is for all",
        ["TLS_PRIORITY"] = "the system's policy says which ciphers and versions are used",
        ["TLS_PROTOCOL"] = "the system's policy says which ciphers and versions are used",
        ["TLS_CIPHER_LIST"] = "the system's policy says which ciphers and versions are used",
        ["TLS_MIN_DH_BITS"] = "the system's policy says which ciphers and versions are used",
        ["TLS_TIMEOUT"] = "[relay] greeting_timeout",
        ["COURIERTLS"] = "TLS is spoken by the server itself",
        ["SOURCE_ADDRESS"] = "ipout",
        ["SOURCE_ADDRESS_IPV6"] = "ip6out",
        ["DEFAULTDELIVERY"] = "mail is put into the account's Maildir",
        ["MAILDROPDEFAULT"] = "mail is put into the account's Maildir",
        ["DYNAMICDELIVERIES"] = "there are no .courier files",
        ["UUXFLAGS"] = "there is no UUCP module",
        ["PATH"] = "no program is run",
        ["SHELL"] = "no program is run",
    };

    internal IEnumerable<ConfigurationEntry> Read()
    {
        var path = Path.Combine(directory, "courierd");
        foreach (var (number, name, value) in ShellFile.Assignments(path, problems))
        {
            var origin = new Origin(path, number);
            var (setting, text, reason) = ShellFile.Expand(value, directory) is { } expanded ? Translate(name, expanded) : (null, "", "the shell is not run");
            if (setting is null)
                uses.Add(new(origin.ToString(), null, $"{name}: {reason}"));
            else if (!setting.Accepts(text))
                problems.Add(new(origin, name, value, setting.Expected));
            else
            {
                uses.Add(new(origin.ToString(), $"[{setting.Section}] {setting.Key} = {text}", null));
                yield return new(setting.Section, null, setting.Key, text, origin);
            }
        }
    }

    private static (Setting? Setting, string Text, string Reason) Translate(string name, string value) => (name, value) switch
    {
        ("ESMTP_USE_STARTTLS", _) => (RelayKeys.StartTls, YesNo(value), ""),
        ("ESMTP_PREFER_IPV6_MX", _) => (RelayKeys.Prefer, value is "" or "0" ? "ipv4" : "ipv6", ""),
        ("TLS_TRUSTCERTS", _) => File.Exists(value) ? (RelayKeys.Trust, value, "") : (null, "", "it is no file; [relay] trusted_certificates, or else the system's"),
        ("DSNTOAUTHADDR", _) => (ReportKeys.ReportsToAccount, YesNo(value), ""),
        ("ESMTP_BLOCKBACKSCATTER", _) => (ReportKeys.SilentReports, Blocked(value), ""),
        ("ARCHIVEDIR", "") => (null, "", "it is empty"),
        ("ARCHIVEDIR", _) => (QueueKeys.Archive, value, ""),
        _ => (null, "", _elsewhere.GetValueOrDefault(name, "not known here")),
    };

    private static string YesNo(string value) => value is "" or "0" ? "no" : "yes";

    /// <summary><c>smtp/dsn,authsmtp/dsn</c>: where the mail came from, and what of it stays here. Only reports do.</summary>
    private static string Blocked(string value)
    {
        var sources = value.Split(',', StringSplitOptions.TrimEntries).Where(static entry => entry is "smtp/dsn" or "authsmtp/dsn").Select(static entry => entry == "smtp/dsn" ? "smtp" : "login").ToList();
        return sources.Count == 0 ? "none" : string.Join(", ", sources);
    }
}
