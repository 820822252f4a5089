using Courier.Configuration.Keys;
namespace Courier.Configuration;

/// <summary>Reads Courier's <c>bofh</c>: one directive a line, <c>#</c> begins a comment. What may stand in several lines becomes one value of ours.</summary>
internal sealed class BofhFile(string path, ICollection<ConfigurationProblem> problems, ICollection<CourierFileUse> uses)
{
    private const string NotYet = "not known here";

    private static readonly Dictionary<string, string> _withoutEffect = new(StringComparer.Ordinal)
    {
        ["BOFHNOBASE64TEXT"] = "Courier does nothing with it either",
        ["BOFHBADMIME"] = "Courier does nothing with it either: what is malformed is kept as it came",
    };

    private readonly Dictionary<Setting, (Origin Origin, List<string> Values)> _lists = [];
    private readonly List<ConfigurationEntry> _entries = [];

    internal IEnumerable<ConfigurationEntry> Read(IEnumerable<(int Number, string Text)> lines)
    {
        foreach (var (number, text) in lines)
            ReadLine(new Origin(path, number), text, text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
        return [.. _lists.Select(list => Entry(list.Key, string.Join(", ", list.Value.Values), list.Value.Origin)), .. _entries];
    }

    private void ReadLine(Origin origin, string text, string[] words)
    {
        switch (words[0].ToLowerInvariant(), words)
        {
            case ("badfrom", [_, .. { Length: > 0 } addresses]):
                AddTo(SenderKeys.Refused, origin, addresses);
                break;
            case ("badmx", [_, .. { Length: > 0 } addresses]):
                AddTo(SenderKeys.RefusedExchangers, origin, addresses);
                break;
            case ("spamtrap", [_, .. { Length: > 0 } addresses]):
                AddTo(RecipientKeys.SpamTraps, origin, addresses);
                break;
            case ("freemail", [_, var domain, .. var others]):
                Set(SenderKeys.FreeMail, "own_hosts." + domain.ToLowerInvariant(), string.Join(", ", others.Prepend(domain)), origin);
                break;
            case ("maxrcpts", [_, var count]):
                Set(LimitKeys.Recipients, LimitKeys.Recipients.Key, count, origin);
                break;
            case ("maxrcpts", [_, var count, "hard"]):
                Set(LimitKeys.Recipients, LimitKeys.Recipients.Key, count, origin);
                Set(LimitKeys.RecipientsBeyond, LimitKeys.RecipientsBeyond.Key, "refused", origin);
                break;
            case ("opt", [_, var assignment, ..]) when assignment.Contains('=', StringComparison.Ordinal):
                SetOption(origin, assignment);
                break;
            default:
                problems.Add(new(origin, null, text, "badfrom, badmx, freemail, spamtrap, maxrcpts or opt NAME=VALUE"));
                break;
        }
    }

    private void SetOption(Origin origin, string assignment)
    {
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = (assignment[..equals], assignment[(equals + 1)..].Trim('"'));
        if (Option(name, value) is { } option)
        {
            Set(option.Setting, option.Setting.Key, option.Text, origin, isInherited: true);
            return;
        }

        switch (name)
        {
            case "BOFHCHECKDNS" or "BOFHCHECKHELO":
                problems.Add(new(origin, name, value, name == "BOFHCHECKDNS" ? "0 or 1" : "0, 1 or 2"));
                break;
            default:
                uses.Add(new(origin.ToString(), null, $"{name}: {_withoutEffect.GetValueOrDefault(name, NotYet)}"));
                break;
        }
    }

    /// <summary>What a variable of Courier's says in our words; it may stand behind <c>opt</c> or in <c>esmtpd</c>. Null where it says nothing.</summary>
    internal static (Setting Setting, string Text)? Option(string name, string value) => (name, value) switch
    {
        ("BOFHCHECKDNS", "0" or "1") => (SenderKeys.CheckDomain, value == "1" ? "yes" : "no"),
        ("BOFHCHECKHELO", "0" or "1" or "2") => (SenderKeys.CheckHelo, value switch { "1" => "permanent", "2" => "temporary", _ => "no" }),
        ("BOFHSUPPRESSBACKSCATTER", _) when value.Split(',').All(word => word is "none" or "smtp" or "authsmtp") => (RecipientKeys.RefuseTroubled, value.Replace("authsmtp", "login", StringComparison.Ordinal)),
        ("BOFHHEADERLIMIT", _) => (LimitKeys.HeaderSize, value),
        _ => null,
    };

    private void AddTo(Setting setting, Origin origin, string[] values)
    {
        foreach (var value in values)
        {
            if (!setting.Accepts(value))
            {
                problems.Add(new(origin, null, value, setting.Expected));
                continue;
            }

            if (!_lists.TryGetValue(setting, out var list))
                _lists[setting] = list = (origin, []);
            list.Values.Add(value);
            uses.Add(new(origin.ToString(), $"[{setting.Section}] {setting.Key}, with {value}", null));
        }
    }

    /// <remarks>What is inherited counts where <c>esmtpd</c> says nothing, as <c>opt</c> does at Courier.</remarks>
    private void Set(Setting setting, string key, string value, Origin origin, bool isInherited = false)
    {
        if (!setting.Accepts(value))
        {
            problems.Add(new(origin, null, value, setting.Expected));
            return;
        }

        uses.Add(new(origin.ToString(), $"[{setting.Section}] {key} = {value}", null));
        _entries.Add(new(setting.Section, null, key, value, origin) { IsInherited = isInherited });
    }

    private static ConfigurationEntry Entry(Setting setting, string value, Origin origin) => new(setting.Section, null, setting.Key, value, origin);
}
