namespace Courier.Configuration;

/// <summary>Where a value was written.</summary>
/// <param name="Source">A file's path, <c>environment</c> or <c>command line</c>.</param>
/// <param name="Line">From 1 in a file, else 0.</param>
internal sealed record Origin(string Source, int Line)
{
    public override string ToString() => Line > 0 ? $"{Source}:{Line}" : Source;
}

/// <summary>One value as it was written.</summary>
/// <param name="Section">Section, without its condition.</param>
/// <param name="Condition">Set in a section that holds for some contexts only, as <c>[limits @ listener submission]</c>.</param>
/// <param name="Key">Key.</param>
/// <param name="Value">Text of the value.</param>
/// <param name="Origin">Where it stands.</param>
internal sealed record ConfigurationEntry(string Section, SettingsCondition? Condition, string Key, string Value, Origin Origin)
{
    /// <summary>From a file of the original Courier: what courier.conf says wins, with a condition or without.</summary>
    public bool IsInherited { get; init; }
}

/// <summary>Something wrong with the configuration. All of them are reported at once.</summary>
/// <param name="Origin">Where.</param>
/// <param name="Key">Section and key, or null for a line that is neither.</param>
/// <param name="Found">What stands there.</param>
/// <param name="Expected">What should.</param>
internal sealed record ConfigurationProblem(Origin Origin, string? Key, string Found, string Expected)
{
    public override string ToString() => Key is null
        ? $"{Origin}: found “{Found}”, expected {Expected}"
        : $"{Origin}: {Key}: found “{Found}”, expected {Expected}";
}

/// <summary>Anything that configuration comes from. Sources are read in order and later values win: files of the original
/// Courier come before courier.conf, environment and command line after it.</summary>
internal interface IConfigurationSource
{
    IEnumerable<ConfigurationEntry> Read(ICollection<ConfigurationProblem> problems);
}
