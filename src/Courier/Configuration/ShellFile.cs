using System.Text.RegularExpressions;

namespace Courier.Configuration;

/// <summary>Files that Courier has the shell read: assignments, of which nothing is run but <c>$sysconfdir</c>.</summary>
internal static partial class ShellFile
{
    private const long FileBytesMax = 1 << 20;

    /// <summary>Its assignments, with their lines; none where there is no such file.</summary>
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

    /// <summary>A value with <c>$sysconfdir</c> filled in; null where the shell would have more to do.</summary>
    internal static string? Expand(string value, string directory)
    {
        var expanded = value.Replace("${sysconfdir}", directory, StringComparison.Ordinal).Replace("$sysconfdir", directory, StringComparison.Ordinal);
        return expanded.AsSpan().IndexOfAny('$', '`') < 0 ? expanded : null;
    }

    [GeneratedRegex("""^[ \t]*(?<name>[A-Z][A-Z0-9_]*)=(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<plain>[^\s#;"']*))""", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Assignment();
}
