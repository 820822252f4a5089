using System.Text.RegularExpressions;
using System.Xml.Linq;
using Courier.Tests.Shared;

namespace Courier.Tests.Architecture;

/// <summary>References point down, and docs/architecture.md says where everything stands.</summary>
public sealed partial class FloorTests
{
    private static readonly Dictionary<string, int> _floors = File.ReadLines(RepositoryRoot.Combine("docs", "architecture.md"))
        .Select(line => TableRow().Match(line))
        .Where(match => match.Success)
        .ToDictionary(match => match.Groups["project"].Value, match => int.Parse(match.Groups["floor"].Value), StringComparer.Ordinal);

    public static TheoryData<string> Projects => [.. Directory.GetDirectories(RepositoryRoot.Combine("src")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void The_table_of_floors_names_exactly_the_projects_there_are() =>
        Assert.Equal(Directory.GetDirectories(RepositoryRoot.Combine("src")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal), _floors.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Projects))]
    public void References_point_down(string project)
    {
        var references = XDocument.Load(RepositoryRoot.Combine("src", project, project + ".csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
        Assert.All(references, reference => Assert.True(
            _floors[reference] < _floors[project], $"{project} (floor {_floors[project]}) refers to {reference} (floor {_floors[reference]})"));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_has_content_and_its_folders_are_one_level_deep_or_two(string project)
    {
        var root = RepositoryRoot.Combine("src", project);
        var files = Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(root, file))
            .Where(file => !file.StartsWith("obj", StringComparison.Ordinal) && !file.StartsWith("bin", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.True(file.Count(c => c == Path.DirectorySeparatorChar) <= 2, file));
    }

    [GeneratedRegex(@"^\| (?<floor>\d) \| `(?<project>Courier[.\w]*)` \|", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TableRow();
}
