namespace Courier.Configuration;

/// <summary>Reads courier.conf: <c>[section]</c> or <c>[section @ condition]</c>, <c>key = value</c>, comments from '#',
/// <c>include = file</c> (relative to the file that says so). A value may stand in double quotes to keep '#' and blanks.</summary>
internal sealed class NativeFile(string path) : IConfigurationSource
{
    /// <summary>A file that includes itself, in whatever circle, ends here.</summary>
    private const int IncludeDepthMax = 16;

    /// <summary>Far more than any configuration; a device file would never end.</summary>
    private const long FileBytesMax = 16 * 1024 * 1024;

    public IEnumerable<ConfigurationEntry> Read(ICollection<ConfigurationProblem> problems)
    {
        var entries = new List<ConfigurationEntry>();
        ReadFile(path, new Origin("command line", 0), depth: 0, entries, problems);
        return entries;
    }

    private static void ReadFile(string file, Origin from, int depth, List<ConfigurationEntry> entries, ICollection<ConfigurationProblem> problems)
    {
        if (depth > IncludeDepthMax)
        {
            problems.Add(new(from, "include", file, $"at most {IncludeDepthMax} files within files"));
            return;
        }

        string[] lines;
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > FileBytesMax })
                throw new IOException("the file is too large");
            lines = File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new(from, null, file, $"a readable file ({e.Message})"));
            return;
        }

        string? section = null;
        SettingsCondition? condition = null;
        for (var number = 1; number <= lines.Length; number++)
        {
            var line = WithoutComment(lines[number - 1]).Trim();
            var origin = new Origin(file, number);
            if (line.Length == 0)
                continue;
            if (line[0] == '[')
                (section, condition) = ReadSection(line, origin, problems);
            else if (line.IndexOf('=', StringComparison.Ordinal) is var equals and > 0)
                Take(line[..equals].TrimEnd(), Unquote(line[(equals + 1)..].Trim()), origin);
            else
                problems.Add(new(origin, null, line, "[section], key = value or # comment"));
        }

        void Take(string key, string value, Origin origin)
        {
            if (key == "include")
                ReadFile(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, value), origin, depth + 1, entries, problems);
            else if (section is null)
                problems.Add(new(origin, key, value, "a [section] before the first key"));
            else
                entries.Add(new(section, condition, key, value, origin));
        }
    }

    private static (string Section, SettingsCondition? Condition) ReadSection(string line, Origin origin, ICollection<ConfigurationProblem> problems)
    {
        if (line[^1] != ']')
        {
            problems.Add(new(origin, null, line, "a ] at the end"));
            return (line[1..], null);
        }

        var text = line[1..^1];
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
            return (text.Trim(), null);
        if (SettingsCondition.TryParse(text[(at + 1)..].Trim(), out var condition))
            return (text[..at].Trim(), condition);
        problems.Add(new(origin, null, line, SettingsCondition.Expected));
        return (text[..at].Trim(), SettingsCondition.Never);
    }

    private static string WithoutComment(string line)
    {
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"')
                quoted = !quoted;
            else if (line[i] == '#' && !quoted && (i == 0 || char.IsWhiteSpace(line[i - 1])))
                return line[..i];
        }

        return line;
    }

    private static string Unquote(string value) =>
        value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1] : value;
}
