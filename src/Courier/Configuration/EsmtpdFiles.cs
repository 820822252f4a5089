using System.Text.RegularExpressions;
using Courier.Configuration.Keys;

namespace Courier.Configuration;

/// <summary>Reads Courier's <c>esmtpd</c>, <c>esmtpd-msa</c> and <c>esmtpd-ssl</c>, as far as they say who may connect: assignments of the shell, of which the first
/// file holds for all three services and each of the others for its own.</summary>
internal sealed partial class EsmtpdFiles(string directory, ICollection<ConfigurationProblem> problems, ICollection<CourierFileUse> uses)
{
    private static readonly (string File, string[] Listeners)[] _files =
    [
        ("esmtpd", ["smtp", "submission", "submissions"]), ("esmtpd-msa", ["submission"]), ("esmtpd-ssl", ["submissions"]),
    ];

    private static readonly Dictionary<string, string> _elsewhere = new(StringComparer.Ordinal)
    {
        ["ADDRESS"] = "[smtp] listen says where",
        ["PORT"] = "[smtp] listen says where",
        ["SSLADDRESS"] = "[submissions] listen says where",
        ["SSLPORT"] = "[submissions] listen says where",
        ["TLS_DHPARAMS"] = "keys are agreed upon by elliptic curves",
        ["TLS_TRUSTCERTS"] = "clients are not asked for certificates",
        ["TLS_VERIFYPEER"] = "clients are not asked for certificates",
        ["TLS_PRIORITY"] = "the system's policy says which ciphers and versions are used",
        ["TLS_PROTOCOL"] = "the system's policy says which ciphers and versions are used",
        ["TLS_CIPHER_LIST"] = "the system's policy says which ciphers and versions are used",
        ["TLS_MIN_DH_BITS"] = "the system's policy says which ciphers and versions are used",
        ["COURIERTLS"] = "TLS is spoken by the server itself",
        ["ESMTP_LOG_DIALOG"] = "what is said is not logged; courier trace tells what became of a message",
        ["ESMTPAUTH"] = "logins are offered over TLS; [accounts] cleartext_logins says where else",
        ["ESMTPAUTH_TLS"] = "logins are offered over TLS",
        ["ESMTPAUTH_WEBADMIN"] = "the forms of webadmin are not read",
        ["ESMTPAUTH_TLS_WEBADMIN"] = "the forms of webadmin are not read",
        ["ESMTPDSTART"] = "[smtp] listen, [submission] listen",
        ["ESMTPDSSLSTART"] = "[submissions] listen",
        ["TCPDOPTS"] = "there is no tcpd",
        ["PATH"] = "no program is run",
        ["SHELL"] = "no program is run",
        ["prefix"] = "no program is run",
        ["exec_prefix"] = "no program is run",
        ["BOFHSUPPRESSBACKSCATTER"] = "bofh or [recipients] refuse_troubled says it, for all listeners",
        ["ULIMIT"] = "memory is bounded by limits of its own",
        ["PIDFILE"] = "the service manager knows the process",
        ["SSLPIDFILE"] = "the service manager knows the process",
        ["MAILUSER"] = "the service manager says which user the server runs as",
        ["MAILGROUP"] = "the service manager says which user the server runs as",
    };

    internal IEnumerable<ConfigurationEntry> Read()
    {
        var entries = new List<ConfigurationEntry>();
        foreach (var (file, listeners) in _files)
        {
            foreach (var (number, name, value) in ShellFile.Assignments(Path.Combine(directory, file), problems))
                Take(new Origin(Path.Combine(directory, file), number), name, value, listeners, entries);
        }

        return entries;
    }

    private void Take(Origin origin, string name, string value, string[] listeners, List<ConfigurationEntry> entries)
    {
        if (name is "TLS_CERTFILE" or "TLS_PRIVATE_KEYFILE")
        {
            TakeCertificate(origin, name, value, listeners, entries);
            return;
        }

        var (setting, text, reason) = ShellFile.Expand(value, directory) is { } expanded ? Translate(name, expanded) : (null, "", "the shell is not run");
        if (setting is null)
        {
            uses.Add(new(origin.ToString(), null, $"{name}: {reason}"));
            return;
        }

        if (!setting.Accepts(text))
        {
            problems.Add(new(origin, name, value, setting.Expected));
            return;
        }

        uses.Add(new(origin.ToString(), $"[{setting.Section} @ listener {string.Join(", ", listeners)}] {setting.Key} = {text}", null));
        entries.AddRange(listeners.Select(listener => new ConfigurationEntry(setting.Section, new SettingsCondition("listener", listener), setting.Key, text, origin) { IsInherited = true }));
    }

    /// <summary>One certificate serves all listeners: that of the first file.</summary>
    private void TakeCertificate(Origin origin, string name, string value, string[] listeners, List<ConfigurationEntry> entries)
    {
        var setting = name == "TLS_CERTFILE" ? TlsKeys.Certificate : TlsKeys.CertificateKey;
        var path = ShellFile.Expand(value, directory);
        var reason = !listeners.Contains("smtp") ? "the certificate of esmtpd is for all" : path is null ? "the shell is not run" : Unreadable(path);
        uses.Add(new(origin.ToString(), reason is null ? $"[{setting.Section}] {setting.Key} = {path}" : null, reason is null ? null : $"{name}: {reason}; [tls] {setting.Key}"));
        if (reason is null)
            entries.Add(new ConfigurationEntry(setting.Section, null, setting.Key, path!, origin));
    }

    private static string? Unreadable(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "there is no such file that can be read";
        }
    }

    private static (Setting? Setting, string Text, string Reason) Translate(string name, string value) => (name, value) switch
    {
        ("MAXDAEMONS", _) => (LimitKeys.Connections, value, ""),
        ("MAXPERC", _) => (LimitKeys.ConnectionsPerNetwork, value, ""),
        ("MAXPERIP", _) => (LimitKeys.ConnectionsPerPeer, value, ""),
        ("TARPIT", "0") => (LimitKeys.RefusalDelay, "0s", ""),
        ("TARPIT", _) => (null, "", "refusals are held back as [limits] refusal_delay says"),
        ("DROP", _) => (AccessKeys.DropListed, value.Length > 0 ? "yes" : "no", ""),
        ("BLACKLISTS", _) => (AccessKeys.DnsLists, DnsLists(value), ""),
        ("BOFHCHECKDNS", _) => (SenderKeys.CheckDomain, value == "0" ? "no" : "yes", ""),
        ("AUTH_REQUIRED", _) => (AccessKeys.LoginRequired, value is "" or "0" ? "no" : "yes", ""),
        ("ESMTP_TLS_REQUIRED", _) => (AccessKeys.TlsRequired, value is "" or "0" ? "no" : "yes", ""),
        ("BOFHNOVRFY", _) => (RecipientKeys.Verify, value is "" or "0" ? "all" : "no", ""),
        ("BOFHNOEXPN", _) => (RecipientKeys.Expand, value is "" or "0" ? "all" : "no", ""),
        ("NOADDMSGID", _) => (HeaderKeys.AddMessageId, value is "" or "0" ? "all" : "none", ""),
        ("NOADDDATE", _) => (HeaderKeys.AddDate, value is "" or "0" ? "all" : "none", ""),
        ("NOADDRREWRITE", _) => (HeaderKeys.Change, value switch { "" or "0" => "all", "2" => "unsigned", _ => "none" }, ""),
        ("MIME", "" or "none" or "7bit" or "8bit") => (BodyKeys.Convert, value.Length == 0 ? "none" : value, ""),
        ("ACCESSFILE", _) => Path.Exists(value) ? (AccessKeys.AccessList, value, "") : (null, "", "there is no such file or directory"),
        _ when BofhFile.Option(name, value) is { Setting.MayDepend: true } option => (option.Setting, option.Text, ""),
        _ => (null, "", _elsewhere.GetValueOrDefault(name, "not known here")),
    };

    /// <summary><c>-block=zone,BLOCK/127.0.0.2,text</c> in our words. What is for another variable than BLOCK nobody here looks at.</summary>
    private static string DnsLists(string options)
    {
        var lists = new List<string>();
        foreach (Match option in Option().Matches(options))
        {
            var parts = option.Groups["value"].Value.Trim('"', '\'').Split(',', 3);
            var variable = parts.ElementAtOrDefault(1) is { Length: > 0 } given ? given.Split('/') : ["BLOCK"];
            var zone = parts[0].Split('/');
            if (variable[0] != "BLOCK")
                continue;
            var answers = string.Concat(zone[1..].Concat(variable[1..]).Select(answer => "/" + answer));
            var text = parts.ElementAtOrDefault(2) is { Length: > 0 } words && words != "*" && option.Groups["kind"].Value == "block" ? " " + words.Replace(';', ',') : "";
            lists.Add($"{option.Groups["kind"].Value} {zone[0]}{answers}{text}");
        }

        return lists.Count == 0 && options.Trim().Length == 0 ? "none" : lists.Count == 0 ? options : string.Join("; ", lists);
    }

    [GeneratedRegex("""-(?<kind>block|allow)=(?<value>"[^"]*"|'[^']*'|\S+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Option();
}
