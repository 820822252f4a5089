using System.Globalization;
using System.Text.RegularExpressions;
using Courier.Configuration.Keys;
using Courier.Hosting;

namespace Courier.Configuration;

/// <summary>What became of one of Courier's files, or of one line in it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Setting">The key of ours that it set; null when it set none.</param>
/// <param name="Reason">Why it set none.</param>
internal sealed record CourierFileUse(string Path, string? Setting, string? Reason);

/// <summary>Reads those files of the original Courier that hold one value, its module files, those of its services and bofh, where they lie beside courier.conf. They come before
/// it: what courier.conf says wins.</summary>
/// <remarks>A file holds one line; '#' begins a comment; an empty file says nothing. Times are Courier's: <c>1w2d</c>, <c>5m</c> (minutes), a plain
/// number is seconds. A file that cannot be understood is a problem like any other, with its line.</remarks>
internal sealed partial class CourierFiles(string directory) : IConfigurationSource
{
    /// <summary>Most of these files hold one line; bofh may list thousands of senders.</summary>
    private const long FileBytesMax = 1024 * 1024;

    private static readonly (string File, Setting Setting, Func<string, string?> Read)[] _values =
    [
        ("me", ServerKeys.HostName, OwnName),
        ("defaultdomain", AccountKeys.DefaultDomain, OwnName),
        ("esmtpgreeting", ServerKeys.Greeting, Same),
        ("sizelimit", LimitKeys.MessageSize, Limit),
        ("sizecheck", LimitKeys.FreeFiles, FreeFiles),
        ("msgidhost", HeaderKeys.MessageIdHost, OwnName),
        ("queuetime", QueueKeys.QueueTime, Time),
        ("warntime", QueueKeys.WarnAfter, Time),
        ("retryalpha", QueueKeys.RetryFirst, Time),
        ("retrybeta", QueueKeys.RetryRound, Same),
        ("retrygamma", QueueKeys.RetryRoundWait, Time),
        ("retrymaxdelta", QueueKeys.RetryDoublings, Same),
        ("submitdelay", QueueKeys.SubmitDelay, Time),
        ("batchsize", QueueKeys.BatchSize, Same),
        ("backuprelay", QueueKeys.BackupRelay, Same),
        ("ipout", RelayKeys.SourceV4, Source),
        ("ip6out", RelayKeys.SourceV6, Source),
        ("esmtphelo", RelayKeys.Helo, Same),
        ("esmtpdelay", RelayKeys.Pause, Time),
        ("esmtptimeout", RelayKeys.CommandTimeout, Time),
        ("esmtptimeoutconnect", RelayKeys.ConnectTimeout, Time),
        ("esmtptimeouthelo", RelayKeys.GreetingTimeout, Time),
        ("esmtptimeoutdata", RelayKeys.DataTimeout, Time),
        ("esmtptimeoutkeepalive", RelayKeys.Idle, Time),
        ("dsnfrom", ReportKeys.ReportFrom, Same),
        ("dsnlimit", ReportKeys.ReportSize, Same),
    ];

    private static readonly (string File, string Key, Setting Setting)[] _modules =
    [
        ("module.esmtp", "MAXDELS", QueueKeys.AttemptsAtOnce),
        ("module.esmtp", "MAXHOST", QueueKeys.AttemptsPerDestination),
        ("module.esmtp", "MAXRCPT", QueueKeys.BatchSize),
        ("module.local", "MAXDELS", QueueKeys.LocalAttempts),
    ];

    private static readonly HashSet<string> _ofPrograms = new(StringComparer.Ordinal) { "NAME", "PRIORITY", "PROG" };

    /// <summary>Lists of lines, which are read where they lie: a file, a directory, or a file with a directory of the same name and <c>.dir</c>.</summary>
    private static readonly (string Name, Setting Setting)[] _lists =
    [
        ("smtpaccess", AccessKeys.AccessList),
        ("esmtpacceptmailfor", RelayKeys.DomainList),
        ("esmtppercentrelay", RelayKeys.PercentList),
        ("esmtproutes", RelayKeys.Routes),
        ("esmtpauthclient", RelayKeys.Logins),
        ("locals", AccountKeys.Locals),
        ("hosteddomains", AccountKeys.HostedDomains),
    ];

    private static readonly (string File, string Reason)[] _ignored =
    [
        ("esmtproutes.dat", "esmtproutes itself is read"),
        ("esmtptimeoutkeepaliveping", "a kept connection that was closed is replaced at once"),
        ("esmtptimeoutquit", "QUIT is waited for for a second"),
        ("queuelo", "messages beyond what memory holds wait in the spool"),
        ("queuehi", "messages beyond what memory holds wait in the spool"),
        ("queuefill", "the queue is never read again to find what is due"),
        ("respawnlo", "the server does not need to be started anew"),
        ("respawnhi", "the server does not need to be started anew"),
        ("faxqueuetime", "there is no fax module"),
        ("module.dsn", "reports are written where deliveries end"),
        ("module.fax", "there is no fax module"),
        ("module.uucp", "there is no UUCP module"),
    ];

    private readonly List<CourierFileUse> _uses = [];

    /// <summary>What was found, once it has been read.</summary>
    internal IReadOnlyList<CourierFileUse> Uses => _uses;

    public IEnumerable<ConfigurationEntry> Read(ICollection<ConfigurationProblem> problems)
    {
        var entries = new List<ConfigurationEntry>();
        _uses.Clear();
        foreach (var (file, setting, read) in _values)
            ReadValue(file, setting, read, null, entries, problems);
        foreach (var file in _modules.Select(module => module.File).Distinct(StringComparer.Ordinal))
            ReadModule(file, entries, problems);
        foreach (var (name, setting) in _lists)
            NameList(name, setting, null, entries);
        // Where nothing says what is local, the host itself is.
        if (!Path.Exists(Path.Combine(directory, "locals")))
            NameList("me", AccountKeys.Locals, null, entries);
        NameTemplates(entries);
        entries.AddRange(new CourierdFile(directory, problems, _uses).Read());
        entries.AddRange(new EsmtpdFiles(directory, problems, _uses).Read());
        entries.AddRange(new BofhFile(Path.Combine(directory, "bofh"), problems, _uses).Read(Lines("bofh", problems)));
        foreach (var (suffix, condition) in VirtualHosts())
            ReadHost(suffix, condition, entries, problems);
        foreach (var (file, reason) in _ignored.Where(ignored => File.Exists(Path.Combine(directory, ignored.File))))
            _uses.Add(new(Path.Combine(directory, file), null, reason));
        return entries;
    }

    /// <summary>A file <c>vhost.IP</c> or <c>vhost.DOMAIN</c>, whatever is in it, says that files with that ending hold for it.</summary>
    private IEnumerable<(string Suffix, SettingsCondition Condition)> VirtualHosts()
    {
        const string mark = "vhost.";
        if (!Directory.Exists(directory))
            yield break;
        foreach (var path in Directory.EnumerateFiles(directory, mark + "*").Order(StringComparer.Ordinal))
        {
            var suffix = Path.GetFileName(path)[mark.Length..];
            if (SettingsCondition.TryParse($"address {suffix}", out var condition) || SettingsCondition.TryParse($"domain {suffix}", out condition))
                yield return (suffix, condition);
        }
    }

    private void ReadHost(string suffix, SettingsCondition condition, List<ConfigurationEntry> entries, ICollection<ConfigurationProblem> problems)
    {
        foreach (var (file, general, read) in _values)
        {
            var name = $"{file}.{suffix}";
            // Who logs in without a domain is of one for all; what addresses get is not.
            var setting = general == AccountKeys.DefaultDomain ? HeaderKeys.Domain : general;
            if (setting.MayDepend)
                ReadValue(name, setting, read, condition, entries, problems);
            else if (File.Exists(Path.Combine(directory, name)))
                _uses.Add(new(Path.Combine(directory, name), null, "it holds for all virtual hosts alike"));
        }

        foreach (var (name, setting) in _lists.Where(list => list.Setting.MayDepend))
            NameList($"{name}.{suffix}", setting, condition, entries);
        var bofh = new BofhFile(Path.Combine(directory, "bofh." + suffix), problems, _uses).Read(Lines("bofh." + suffix, problems));
        entries.AddRange(bofh.Select(entry => entry with { Condition = condition }));
    }

    private void ReadValue(
        string file, Setting setting, Func<string, string?> read, SettingsCondition? condition, List<ConfigurationEntry> entries, ICollection<ConfigurationProblem> problems)
    {
        var lines = Lines(file, problems).ToList();
        if (lines.Count == 0)
        {
            // An empty ipout.ADDRESS is that address itself.
            var path = Path.Combine(directory, file);
            if (condition is { Kind: "address" } && read == Source && File.Exists(path) && setting.Accepts(condition.Value))
                Take(new Origin(path, 0), setting, "", condition.Value, entries, problems, condition);
            return;
        }

        // A greeting may have several lines.
        var text = setting == ServerKeys.Greeting ? string.Join('\n', lines.Select(line => line.Text)) : lines[0].Text;
        Take(new Origin(Path.Combine(directory, file), lines[0].Number), setting, text, read(text), entries, problems, condition);
    }

    private void NameList(string name, Setting setting, SettingsCondition? condition, List<ConfigurationEntry> entries)
    {
        var path = Path.Combine(directory, name);
        if (!Path.Exists(path) && !Directory.Exists(path + ".dir"))
            return;
        var origin = new Origin(path, 0);
        _uses.Add(new(origin.ToString(), $"[{setting.Section}] {setting.Key} = {path}", null));
        // ACCESSFILE of a listener counts before the file that is there for all.
        entries.Add(new(setting.Section, condition, setting.Key, path, origin) { IsInherited = condition is null });
        if (setting == AccessKeys.AccessList)
            _uses.AddRange(ListFiles.Unused(path).Select(unused => new CourierFileUse($"{unused.Path}:{unused.Number}", null, $"{unused.Found} does nothing here")));
    }

    /// <summary>The words of reports, where any of them lie here.</summary>
    private void NameTemplates(List<ConfigurationEntry> entries)
    {
        var found = ReportSettings.TemplateFiles.Where(name => File.Exists(Path.Combine(directory, name))).ToList();
        foreach (var path in found.Select(name => Path.Combine(directory, name)))
            _uses.Add(new(path, $"[{ReportKeys.ReportTemplates.Section}] {ReportKeys.ReportTemplates.Key} = {directory}", null));
        if (found.Count > 0)
            entries.Add(new(ReportKeys.ReportTemplates.Section, null, ReportKeys.ReportTemplates.Key, directory, new Origin(Path.Combine(directory, found[0]), 0)));
    }

    private void ReadModule(string file, List<ConfigurationEntry> entries, ICollection<ConfigurationProblem> problems)
    {
        foreach (var (number, text) in Lines(file, problems))
        {
            var origin = new Origin(Path.Combine(directory, file), number);
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? text : text[..equals].Trim();
            var value = text[(equals + 1)..].Trim().Trim('"');
            if (_modules.FirstOrDefault(module => module.File == file && module.Key == key) is not { Setting: { } setting })
                _uses.Add(new(origin.ToString(), null, _ofPrograms.Contains(key) ? $"{key}: there is no such program to start" : $"{key} is not known here"));
            else if (setting == QueueKeys.BatchSize && IsSmaller(entries, value))
                _uses.Add(new(origin.ToString(), null, $"{key}: batchsize is smaller"));
            else
                Take(origin, setting, text, value, entries, problems);
        }
    }

    /// <summary>Both batchsize and MAXRCPT bound a transaction.</summary>
    private static bool IsSmaller(IEnumerable<ConfigurationEntry> entries, string recipients) =>
        entries.FirstOrDefault(static entry => entry.Condition is null && Path.GetFileName(entry.Origin.Source) == "batchsize") is { } batch
        && int.TryParse(batch.Value, CultureInfo.InvariantCulture, out var size) && int.TryParse(recipients, CultureInfo.InvariantCulture, out var other) && size < other;

    private void Take(Origin origin, Setting setting, string found, string? value, List<ConfigurationEntry> entries, ICollection<ConfigurationProblem> problems,
        SettingsCondition? condition = null)
    {
        if (value is null || !setting.Accepts(value))
        {
            problems.Add(new(origin, null, found, value is null ? "a time, as 1w2d or 5m" : setting.Expected));
            return;
        }

        _uses.Add(new(origin.ToString(), $"[{setting.Section}{(condition is null ? "" : $" @ {condition}")}] {setting.Key} = {value.Replace('\n', '|')}", null));
        entries.Add(new(setting.Section, condition, setting.Key, value, origin));
    }

    private IEnumerable<(int Number, string Text)> Lines(string file, ICollection<ConfigurationProblem> problems)
    {
        var path = Path.Combine(directory, file);
        if (!File.Exists(path))
            return [];
        try
        {
            if (new FileInfo(path).Length > FileBytesMax)
                throw new IOException("the file is too large");
            return [.. File.ReadAllLines(path).Select((line, index) => (index + 1, line.Split('#')[0].Trim())).Where(line => line.Item2.Length > 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new(new Origin(path, 0), null, file, $"a readable file ({e.Message})"));
            return [];
        }
    }

    private static string Same(string text) => text;

    /// <summary>0 leaves it to the system, where the general file would not.</summary>
    private static string Source(string text) => text == "0" ? "system" : text;

    /// <summary><c>*.example.org</c> is this host's name in that domain, <c>*</c> this host's name.</summary>
    private static string OwnName(string text)
    {
        var own = Environment.MachineName.ToLowerInvariant();
        return text == "*" ? own : text.StartsWith("*.", StringComparison.Ordinal) ? own.Split('.')[0] + text[1..] : text;
    }

    /// <summary>0 is no limit; the largest that anything holds is near enough.</summary>
    private static string Limit(string text) => text == "0" ? "1TiB" : text;

    /// <summary>Blocks, inodes and how often: the blocks are of no size that the file would name, so [limits] free_space counts for them.</summary>
    private static string FreeFiles(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1) ?? LimitKeys.FreeFiles.Default!;

    /// <summary>Courier's times in ours: seconds.</summary>
    private static string? Time(string text)
    {
        if (!TimePattern().IsMatch(text))
            return null;
        long seconds = 0;
        foreach (Match part in TimePart().Matches(text))
        {
            long unit = part.Groups["unit"].Value switch { "w" => 604_800, "d" => 86_400, "h" => 3600, "m" => 60, _ => 1 };
            seconds += long.Parse(part.Groups["number"].ValueSpan, CultureInfo.InvariantCulture) * unit;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{seconds}s");
    }

    [GeneratedRegex("^(?:[0-9]{1,9}[wdhms]\\s*)*(?:[0-9]{1,9})?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TimePattern();

    [GeneratedRegex("(?<number>[0-9]+)(?<unit>[wdhms]?)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TimePart();
}
