using System.Text.RegularExpressions;

namespace Courier.Configuration;

/// <summary>Reads those of Courier's files that its scripts source: assignments of the shell, of which the last counts.</summary>
/// <remarks>Of the shell nothing is run: <c>$sysconfdir</c> is the directory, and a value with anything else to be expanded is left out with a word.</remarks>
internal static partial class ShellFile
{
    internal const string NotRun = "the shell is not run";

    private const long FileBytesMax = 1 << 20;

    internal static IEnumerable<(int Number, string Name, string Value)> Assignments(string path, ICollection<ConfigurationProblem> problems)
    {
        string text;
        try
        {
            if (!File.Exists(path))
                return [];
            if (new FileInfo(path).Length > FileBytesMax)
                throw new IOException("the file is too large");
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new(new Origin(path, 0), null, path, $"a readable file ({e.Message})"));
            return [];
        }

        return Assignment().Matches(text).Select(match => (
            text.AsSpan(0, match.Index).Count('\n') + 1, match.Groups["name"].Value, match.Groups["plain"].Value + match.Groups["double"].Value + match.Groups["single"].Value));
    }

    /// <summary>A value as the shell would make it; null where that would take a shell.</summary>
    internal static string? Expand(string value, string directory)
    {
        var expanded = value.Replace("${sysconfdir}", directory, StringComparison.Ordinal).Replace("$sysconfdir", directory, StringComparison.Ordinal);
        return expanded.AsSpan().IndexOfAny('$', '`') >= 0 ? null : expanded;
    }

    [GeneratedRegex("""^[ \t]*(?<name>[A-Z][A-Z0-9_]*)=(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<plain>[^\s#;"']*))""", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Assignment();
}
