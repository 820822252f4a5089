using Courier.Mta.Delivery.Remote;

namespace Courier.Mta.Routing;

/// <summary>Where mail for domains that are not ours goes.</summary>
public sealed record RelaySettings
{
    /// <summary>The server that takes mail for all domains without a route of their own; null sends it to the domains' mail exchangers.</summary>
    public NextHop? NextHop { get; init; }

    /// <summary>Next hops of single domains, by their name in lower case; a name that begins with a dot is for all domains below it.</summary>
    public IReadOnlyDictionary<string, NextHop> Routes { get; init; } = new Dictionary<string, NextHop>(StringComparer.Ordinal);

    /// <summary>Asked after <see cref="Routes"/> and before <see cref="NextHop"/>, at each attempt: a table that may change.</summary>
    public Func<string, NextHop?> Table { get; init; } = static _ => null;

    /// <summary>Keeps all mail for other domains in the queue, whatever the routes say.</summary>
    public bool Hold { get; init; }

    /// <summary>The way to a domain. An exact route goes before one for all domains below a name, the longest of these first.</summary>
    public NextHop HopFor(string domain)
    {
        if (Routes.Count > 0)
        {
            if (Routes.GetValueOrDefault(domain) is { } exact)
                return Concrete(exact, domain);
            for (var dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
            {
                if (Routes.GetValueOrDefault(domain[dot..]) is { } above)
                    return Concrete(above, domain);
            }
        }

        return (Table(domain) ?? NextHop) is { } hop ? Concrete(hop, domain) : NextHop.OfDomain(domain);
    }

    // A route that names no host means the domain's own mail exchangers, by its port and flags.
    private static NextHop Concrete(NextHop hop, string domain)
    {
        if (hop.Host.Length > 0)
            return hop;
        var own = NextHop.OfDomain(domain);
        return own with { Port = hop.Port, Security = hop.Security, Families = hop.Families, Credentials = hop.Credentials };
    }
}
