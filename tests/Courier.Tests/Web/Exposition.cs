using System.Globalization;
using System.Text;

namespace Courier.Tests.Web;

internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

internal sealed record Family(string Name, string Help, string Type, List<Sample> Samples);

/// <summary>A strict reader of Prometheus' text format 0.0.4: what promtool check metrics would refuse is refused here.</summary>
internal static class Exposition
{
    internal static Dictionary<string, Family> Read(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', text);
        var families = new Dictionary<string, Family>(StringComparer.Ordinal);
        Family? current = null;
        string? help = null;
        foreach (var line in text.Split('\n')[..^1])
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                help = line;
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var words = line.Split(' ');
                Assert.Equal(4, words.Length);
                Assert.True(IsName(words[2], allowsColon: true), line);
                Assert.Contains(words[3], new[] { "counter", "gauge", "histogram" });
                Assert.StartsWith($"# HELP {words[2]} ", help, StringComparison.Ordinal);
                current = new Family(words[2], help![$"# HELP {words[2]} ".Length..], words[3], []);
                Assert.True(families.TryAdd(current.Name, current), $"{current.Name} comes twice");
                help = null;
            }
            else
            {
                Assert.NotNull(current);
                current.Samples.Add(ReadSample(line));
            }
        }

        foreach (var family in families.Values)
            Check(family);
        return families;
    }

    private static void Check(Family family)
    {
        Assert.NotEmpty(family.Samples);
        Assert.Equal(family.Samples.Count, family.Samples.Select(sample => sample.Name + Key(sample.Labels)).Distinct(StringComparer.Ordinal).Count());
        if (family.Type == "counter")
            Assert.EndsWith("_total", family.Name, StringComparison.Ordinal);
        if (family.Type != "histogram")
        {
            Assert.All(family.Samples, sample => Assert.Equal(family.Name, sample.Name));
            return;
        }

        foreach (var group in family.Samples.GroupBy(sample => Key(sample.Labels.Where(label => label.Key != "le")), StringComparer.Ordinal))
        {
            var buckets = group.Where(sample => sample.Name == family.Name + "_bucket").ToList();
            var bounds = buckets.Select(sample => Number(sample.Labels["le"])).ToList();
            Assert.Equal(bounds.Order(), bounds);
            Assert.Equal(double.PositiveInfinity, bounds[^1]);
            Assert.Equal(buckets.Select(sample => sample.Value).Order(), buckets.Select(sample => sample.Value));
            Assert.Equal(buckets[^1].Value, Assert.Single(group, sample => sample.Name == family.Name + "_count").Value);
            Assert.Single(group, sample => sample.Name == family.Name + "_sum");
            Assert.Equal(buckets.Count + 2, group.Count());
        }
    }

    private static Sample ReadSample(string line)
    {
        var nameEnd = line.IndexOfAny(['{', ' ']);
        var name = line[..nameEnd];
        Assert.True(IsName(name, allowsColon: true), line);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = nameEnd;
        if (line[at] == '{')
        {
            at++;
            while (line[at] != '}')
            {
                var equals = line.IndexOf('=', at);
                var label = line[at..equals];
                Assert.True(IsName(label, allowsColon: false), line);
                at = equals + 1;
                Assert.True(labels.TryAdd(label, ReadValue(line, ref at)), line);
                if (line[at] == ',')
                    at++;
                else
                    Assert.Equal('}', line[at]);
            }

            at++;
        }

        Assert.Equal(' ', line[at]);
        return new Sample(name, labels, Number(line[(at + 1)..]));
    }

    private static string ReadValue(string line, ref int at)
    {
        Assert.Equal('"', line[at++]);
        var value = new StringBuilder();
        while (line[at] != '"')
        {
            if (line[at] != '\\')
            {
                value.Append(line[at++]);
                continue;
            }

            value.Append(line[at + 1] switch { 'n' => '\n', '\\' => '\\', '"' => '"', var other => throw new FormatException($"\\{other} in {line}") });
            at += 2;
        }

        at++;
        return value.ToString();
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture),
    };

    private static bool IsName(string name, bool allowsColon) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || (allowsColon && c == ':'));

    private static string Key(IEnumerable<KeyValuePair<string, string>> labels) =>
        string.Join('|', labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
}
