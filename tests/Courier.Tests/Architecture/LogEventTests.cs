using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Courier.Tests.Shared;

namespace Courier.Tests.Architecture;

/// <summary>Log events are declared once, with ids that are never used twice, and docs/reference/log-events.md lists them.</summary>
public sealed partial class LogEventTests
{
    private static readonly Dictionary<string, int> _ranges = new(StringComparer.Ordinal)
    {
        ["Courier.Net"] = 1000,
        ["Courier.Smtp"] = 2000,
        ["Courier.Queue"] = 3000,
        ["Courier.Mta"] = 4000,
        ["Courier.Mailboxes"] = 5000,
        ["Courier.Imap"] = 6000,
        ["Courier.Pop3"] = 7000,
        ["Courier.Accounts"] = 8000,
        ["Courier.MailAuth"] = 8500,
        ["Courier.Web"] = 9500,
        ["Courier"] = 9000,
    };

    private static readonly IReadOnlyList<(int Id, string Level, string Text, string Project)> _events = Read();

    [Fact]
    public void Events_are_found() => Assert.True(_events.Count > 20);

    [Fact]
    public void No_event_id_is_used_twice() =>
        Assert.Empty(_events.GroupBy(e => e.Id).Where(group => group.Count() > 1).Select(group => string.Join(" / ", group)));

    [Fact]
    public void Event_ids_lie_in_their_projects_range() =>
        Assert.All(_events, e => Assert.InRange(e.Id, _ranges[e.Project], _ranges[e.Project] + 999));

    [Fact]
    public void The_list_of_events_is_fresh()
    {
        var path = RepositoryRoot.Combine("docs", "reference", "log-events.md");
        var text = Render();
        if (Environment.GetEnvironmentVariable("COURIER_UPDATE_DOCS") == "1")
            File.WriteAllText(path, text);
        Assert.Equal(text, File.ReadAllText(path));
    }

    private static string Render()
    {
        var text = new StringBuilder("""
            # Log events

            Every line of the log carries the number of its event: `Scheduler[3005] …`. Numbers are never used for another event. A test
            renders this page from the sources (`COURIER_UPDATE_DOCS=1 ./test unit` rewrites it).

            | id | level | text |
            |---|---|---|

            """);
        foreach (var e in _events)
            text.Append(CultureInfo.InvariantCulture, $"| {e.Id} | {e.Level.ToLowerInvariant()} | {e.Text.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        return text.ToString();
    }

    private static List<(int Id, string Level, string Text, string Project)> Read() =>
    [
        .. Directory.GetFiles(RepositoryRoot.Combine("src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Declaration().Matches(File.ReadAllText(file)).Select(match => (
                int.Parse(match.Groups["id"].Value, CultureInfo.InvariantCulture),
                match.Groups["level"].Value,
                string.Concat(Literal().Matches(match.Groups["text"].Value).Select(literal => literal.Groups["text"].Value.Replace("\\\"", "\"", StringComparison.Ordinal))),
                Path.GetRelativePath(RepositoryRoot.Combine("src"), file).Split('/')[0])))
            .OrderBy(e => e.Item1),
    ];

    [GeneratedRegex("""\[LoggerMessage\(\s*(?<id>\d+),\s*LogLevel\.(?<level>\w+),\s*(?<text>"(?:[^"\\]|\\.)*"(?:\s*\+\s*"(?:[^"\\]|\\.)*")*)""", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Declaration();

    [GeneratedRegex("""
        "(?<text>(?:[^"\\]|\\.)*)"
        """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace, 5000)]
    private static partial Regex Literal();
}
