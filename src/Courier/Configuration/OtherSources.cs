using System.Collections;

namespace Courier.Configuration;

/// <summary>Values from the environment: <c>COURIER_QUEUE__RETRY_FIRST=10s</c> is <c>[queue] retry_first</c>.</summary>
internal sealed class EnvironmentSource(IDictionary variables) : IConfigurationSource
{
    private const string Prefix = "COURIER_";

    public IEnumerable<ConfigurationEntry> Read(ICollection<ConfigurationProblem> problems)
    {
        foreach (DictionaryEntry variable in variables)
        {
            var name = (string)variable.Key;
            if (!name.StartsWith(Prefix, StringComparison.Ordinal) || name.IndexOf("__", Prefix.Length, StringComparison.Ordinal) is var split && split < 0)
                continue;
            yield return new(name[Prefix.Length..split].ToLowerInvariant(), null, name[(split + 2)..].ToLowerInvariant(), (string?)variable.Value ?? "", new Origin("environment " + name, 0));
        }
    }
}

/// <summary>Values of <c>--set section.key=value</c>.</summary>
internal sealed class CommandLineSource(IEnumerable<string> assignments) : IConfigurationSource
{
    public IEnumerable<ConfigurationEntry> Read(ICollection<ConfigurationProblem> problems)
    {
        var origin = new Origin("command line", 0);
        foreach (var assignment in assignments)
        {
            var dot = assignment.IndexOf('.', StringComparison.Ordinal);
            var equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (dot <= 0 || equals < dot)
                problems.Add(new(origin, "--set", assignment, "section.key=value"));
            else
                yield return new(assignment[..dot], null, assignment[(dot + 1)..equals], assignment[(equals + 1)..], origin);
        }
    }
}
