using Courier.Mta.Reception.Access;

namespace Courier.Mta.Routing;

/// <summary>Courier's <c>hosteddomains</c>: in each line a domain, with a leading dot for all below it, and after it, where that is so, the domain that it is one more
/// name of.</summary>
public sealed class HostedDomains
{
    private readonly DomainSet _all;
    private readonly List<(DomainSet Domains, string RealName)> _renamed;

    private HostedDomains(DomainSet all, List<(DomainSet, string)> renamed) => (_all, _renamed) = (all, renamed);

    public bool Contains(string domain) => _all.Contains(domain);

    /// <summary>Null for a domain that goes by its own name.</summary>
    public string? RealNameOf(string domain) => _renamed.Find(entry => entry.Domains.Contains(domain)).RealName;

    public static HostedDomains Read(IReadOnlyList<SourceLine> lines, string hostName, ICollection<LineProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var renamed = new List<(DomainSet, string)>();
        foreach (var line in lines)
        {
            if (line.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is not [_, var real, ..])
                continue;
            if (DomainSet.NameOf(real) is { } name)
                renamed.Add((DomainSet.Read([line], hostName, []), name));
            else
                problems.Add(new LineProblem(line.Path, line.Number, line.Text, "a domain, as example.org, after the other"));
        }

        return new HostedDomains(DomainSet.Read(lines, hostName, problems), renamed);
    }
}
