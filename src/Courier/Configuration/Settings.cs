using System.Collections.Concurrent;
using System.Net;

namespace Courier.Configuration;

/// <summary>The whole configuration, checked and immutable. <see cref="For(SettingsContext)"/> gives the values that hold in a context.</summary>
internal sealed class Settings
{
    private readonly IReadOnlyList<ConfigurationEntry> _entries;
    private readonly SettingsCondition[] _conditions;
    private readonly ConcurrentDictionary<string, SettingsValues> _resolved = new(StringComparer.Ordinal);

    private Settings(IReadOnlyList<ConfigurationEntry> entries)
    {
        _entries = entries;
        _conditions = [.. entries.Select(entry => entry.Condition).OfType<SettingsCondition>().Distinct()];
        Defaults = For(SettingsContext.Any);
    }

    /// <summary>The values that hold where no conditional section does.</summary>
    public SettingsValues Defaults { get; }

    public IReadOnlyList<ConfigurationEntry> Entries => _entries;

    /// <summary>Reads every source in order and checks everything; the settings are null exactly when there are problems.</summary>
    public static (Settings? Settings, IReadOnlyList<ConfigurationProblem> Problems) Load(params IEnumerable<IConfigurationSource> sources)
    {
        var problems = new List<ConfigurationProblem>();
        var entries = sources.SelectMany(source => source.Read(problems)).ToList();
        foreach (var entry in entries)
            Check(entry, problems);
        foreach (var setting in SettingTable.Required.Where(setting => !entries.Any(entry => setting.Matches(entry.Section, entry.Key) && entry.Condition is null)))
            problems.Add(new(new Origin("configuration", 0), $"[{setting.Section}] {setting.Key}", "nothing", setting.Expected));
        return problems.Count > 0 ? (null, problems) : (new Settings(entries), problems);
    }

    /// <summary>Asked at connection time and for each message; contexts in which the same sections hold share one answer.</summary>
    public SettingsValues For(SettingsContext context)
    {
        return For(_conditions.Where(condition => condition.Holds(context)).ToHashSet());
    }

    /// <summary>What holds for a domain beside what held before.</summary>
    internal SettingsValues For(SettingsValues values, string domain)
    {
        var context = new SettingsContext { Domain = domain };
        var added = _conditions.Where(condition => condition.Holds(context)).ToList();
        return added.Count == 0 ? values : For([.. values.Holding, .. added]);
    }

    private SettingsValues For(HashSet<SettingsCondition> holding)
    {
        return _resolved.GetOrAdd(string.Join('|', holding.Select(condition => condition.ToString()).Order(StringComparer.Ordinal)), _ =>
            new SettingsValues(this, holding, [.. Holding(inherited: true), .. Holding(inherited: false)]));

        IEnumerable<ConfigurationEntry> Holding(bool inherited) => _entries.Where(entry => entry.IsInherited == inherited)
            .Where(entry => entry.Condition is not { } condition || holding.Contains(condition)).OrderBy(entry => entry.Condition is not null);
    }

    private static void Check(ConfigurationEntry entry, List<ConfigurationProblem> problems)
    {
        var name = $"[{entry.Section}] {entry.Key}";
        if (SettingTable.All.FirstOrDefault(setting => setting.Matches(entry.Section, entry.Key)) is { } found)
        {
            if (found.IsFamily && !found.AcceptsName(entry.Key[(found.Key.Length - 1)..]))
                problems.Add(new(entry.Origin, name, entry.Key[(found.Key.Length - 1)..], found.ExpectedName));
            else if (!found.Accepts(entry.Value))
                problems.Add(new(entry.Origin, name, found.MayHoldSecret ? "…" : entry.Value, found.Expected));
            else if (entry.Condition is { } condition && !found.MayDependOn(condition))
                problems.Add(new(entry.Origin, name, $"@ {condition}", found.MayDepend ? "this key only in a section without a condition, or for an address or a domain" : "this key only in a section without a condition"));
            return;
        }

        var keys = SettingTable.All.Where(setting => setting.Section == entry.Section).Select(setting => setting.Key).ToList();
        problems.Add(keys.Count > 0
            ? new(entry.Origin, name, entry.Key, "one of " + string.Join(", ", keys))
            : new(entry.Origin, name, $"[{entry.Section}]", "one of the sections " + string.Join(", ", SettingTable.All.Select(setting => setting.Section).Distinct())));
    }
}

/// <summary>The values that hold in one context.</summary>
internal sealed class SettingsValues(Settings settings, IReadOnlySet<SettingsCondition> holding, IReadOnlyList<ConfigurationEntry> entries)
{
    /// <summary>The conditions that are met.</summary>
    internal IReadOnlySet<SettingsCondition> Holding => holding;

    /// <summary>The address of ours that these are for, where a section is.</summary>
    internal IPAddress? VirtualHost => holding.FirstOrDefault(static condition => condition.Kind == "address") is { } condition ? IPAddress.Parse(condition.Value) : null;

    /// <summary>The values for one who belongs to a domain; the same where no section is for that domain.</summary>
    public SettingsValues ForDomain(string domain) => settings.For(this, domain);

    /// <summary>The value, or null (default) where none was written and the setting has no default.</summary>
    public T? Get<T>(Setting<T> setting) => Find(setting) is { } entry ? setting.Parse(entry.Value)
        : setting.Default is { } text ? setting.Parse(text)
        : default;

    /// <summary>Members of a family such as <c>route.*</c>: what stood for the star, and the value.</summary>
    public IEnumerable<KeyValuePair<string, T>> Family<T>(Setting<T> setting) => entries
        .Where(entry => setting.Matches(entry.Section, entry.Key))
        .GroupBy(entry => entry.Key[(setting.Key.Length - 1)..].ToLowerInvariant(), StringComparer.Ordinal)
        .Select(group => KeyValuePair.Create(group.Key, setting.Parse(group.Last().Value)));

    /// <summary>The entry that decides; null when the default does.</summary>
    public ConfigurationEntry? Find(Setting setting) => entries.LastOrDefault(entry => setting.Matches(entry.Section, entry.Key));
}
