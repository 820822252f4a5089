using Courier.Configuration.Keys;
using Courier.Mta.Reception.Access;
using Courier.Mta.Routing;

namespace Courier.Configuration;

/// <summary>The files of lines that settings name: read once before the server starts, so that a mistake in them stops it there and not at the first connection.</summary>
internal static class ListFiles
{
    private static readonly (Setting<string> Setting, bool HasDirectory, Action<IReadOnlyList<SourceLine>, ICollection<LineProblem>> Read)[] _lists =
    [
        (AccessKeys.AccessList, false, static (lines, problems) => AccessTable.Read(lines, problems)),
        (RelayKeys.DomainList, true, static (lines, problems) => DomainSet.Read(lines, "host.example", problems)),
        (RelayKeys.PercentList, true, static (lines, problems) => DomainSet.Read(lines, "host.example", problems)),
        (AccountKeys.Locals, false, static (lines, problems) => DomainSet.Read(lines, "host.example", problems)),
        (AccountKeys.HostedDomains, false, static (lines, problems) => HostedDomains.Read(lines, "host.example", problems)),
    ];

    /// <summary>All that is wrong in them.</summary>
    internal static IReadOnlyList<LineProblem> Problems(Settings settings)
    {
        var problems = new List<LineProblem>();
        foreach (var (setting, hasDirectory, read) in _lists)
        {
            foreach (var path in settings.Entries.Where(entry => setting.Matches(entry.Section, entry.Key)).Select(entry => entry.Value).Distinct(StringComparer.Ordinal))
                Check(path, hasDirectory, read, problems);
        }

        return problems;
    }

    /// <summary>Lines of <c>esmtproutes</c> that the server would leave out, with a word in its log.</summary>
    internal static IReadOnlyList<LineProblem> RouteProblems(Settings settings)
    {
        if (settings.Defaults.Get(RelayKeys.Routes) is not { } path)
            return [];
        try
        {
            string[] lines = File.ReadAllLines(path);
            return [.. EsmtpRoutes.Parse(lines, EsmtpRoutes.ParseLogins([])).Problems.Select(problem => new LineProblem(path, problem.Line, lines[problem.Line - 1].Trim(), $"a route: {problem.Text}"))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [new LineProblem(path, 0, e.Message, "a readable file")];
        }
    }

    /// <summary>Variables of an access list that nothing here looks at.</summary>
    internal static IReadOnlyList<LineProblem> Unused(string path)
    {
        var unused = new List<LineProblem>();
        try
        {
            foreach (var line in CourierLists.Read(CourierLists.Files([path], [])))
            {
                unused.AddRange(AccessTable.Read([line], []).SelectMany(rule => rule.Entry.Variables.Keys)
                    .Where(name => !AccessEntry.Used.Contains(name)).Select(name => new LineProblem(line.Path, line.Number, name, "")));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Told by Problems.
        }

        return unused;
    }

    private static void Check(string path, bool hasDirectory, Action<IReadOnlyList<SourceLine>, ICollection<LineProblem>> read, List<LineProblem> problems)
    {
        string[] paths = hasDirectory ? [path, path + ".dir"] : [path];
        try
        {
            if (!paths.Any(Path.Exists))
                throw new FileNotFoundException("there is no such file");
            read(CourierLists.Read(CourierLists.Files(paths, problems)), problems);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new LineProblem(path, 0, e.Message, "a readable file"));
        }
    }
}
