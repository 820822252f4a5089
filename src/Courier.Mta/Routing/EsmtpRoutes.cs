using System.Globalization;
using System.Net;
using Courier.Mta.Delivery.Remote;
using Courier.Smtp.Client;

namespace Courier.Mta.Routing;

/// <summary>A line that could not be read.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Text">What is wrong with it.</param>
public sealed record RouteProblem(int Line, string Text);

/// <summary>Courier's <c>esmtproutes</c>: <c>domain:relay[,port][ /FLAG…]</c>, of which the first that fits counts, with the logins of
/// <c>esmtpauthclient</c>: <c>relay[,port] user password</c>.</summary>
/// <remarks><c>.domain</c> fits all below it, an empty domain everything. An empty relay means the domain's own mail exchangers, a
/// name those of the name, <c>[192.0.2.1]</c> the address. Flags may stand as <c>/SECURITY=SMTPS,IPV4ONLY</c> or as <c>/SECURITY=SMTPS/IPV4ONLY</c>.</remarks>
public sealed class EsmtpRoutes
{
    private readonly List<NextHop> _hops = [];
    private readonly Dictionary<string, int> _byDomain = new(StringComparer.OrdinalIgnoreCase);
    private readonly int _forAll = int.MaxValue;

    private EsmtpRoutes(IEnumerable<string> lines, IReadOnlyDictionary<string, SmtpCredentials> logins, List<RouteProblem> problems)
    {
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            var text = line.Split('#')[0].Trim();
            if (text.Length == 0)
                continue;
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                problems.Add(new RouteProblem(number, "there is no colon after the domain"));
                continue;
            }

            if (Read(text[(colon + 1)..].Trim(), logins, out var problem) is not { } hop)
            {
                problems.Add(new RouteProblem(number, problem));
                continue;
            }

            var domain = text[..colon].Trim();
            if (domain.Length == 0)
                _forAll = Math.Min(_forAll, _hops.Count);
            else
                _byDomain.TryAdd(domain, _hops.Count);
            _hops.Add(hop);
        }
    }

    public static (EsmtpRoutes Routes, IReadOnlyList<RouteProblem> Problems) Parse(
        IEnumerable<string> lines, IReadOnlyDictionary<string, SmtpCredentials> logins)
    {
        var problems = new List<RouteProblem>();
        return (new EsmtpRoutes(lines, logins, problems), problems);
    }

    /// <summary>The logins of an <c>esmtpauthclient</c> file, by what stands in the route.</summary>
    public static IReadOnlyDictionary<string, SmtpCredentials> ParseLogins(IEnumerable<string> lines)
    {
        var logins = new Dictionary<string, SmtpCredentials>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines)
        {
            // Passwords may hold any character: no comments but whole lines.
            var words = line.StartsWith('#') ? [] : line.Split((char[]?)null, 3, StringSplitOptions.RemoveEmptyEntries);
            if (words is [var relay, var user, var password])
                logins.TryAdd(relay, new SmtpCredentials(user, password.TrimEnd()));
        }

        return logins;
    }

    /// <summary>The first route that fits, or null.</summary>
    public NextHop? Find(string domain)
    {
        var first = _forAll;
        if (_byDomain.TryGetValue(domain, out var exact))
            first = Math.Min(first, exact);
        for (var dot = domain.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = domain.IndexOf('.', dot + 1))
        {
            if (_byDomain.TryGetValue(domain[dot..], out var above))
                first = Math.Min(first, above);
        }

        return first == int.MaxValue ? null : _hops[first];
    }

    private static NextHop? Read(string text, IReadOnlyDictionary<string, SmtpCredentials> logins, out string problem)
    {
        problem = "";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var relay = (slash < 0 ? text : text[..slash]).Trim();
        var (host, port) = (relay, NextHop.SmtpPort);
        if (relay.IndexOf(',', StringComparison.Ordinal) is var comma and >= 0)
        {
            host = relay[..comma].Trim();
            if (!ushort.TryParse(relay[(comma + 1)..].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var given) || given == 0)
            {
                problem = $"the port in “{relay}” is no number from 1 to 65535";
                return null;
            }

            port = given;
        }

        var hop = new NextHop(host.Trim('[', ']'), port)
        {
            UsesMx = !host.StartsWith('['),
            Credentials = logins.GetValueOrDefault(relay.Replace(" ", "", StringComparison.Ordinal)),
        };
        if (!hop.UsesMx && !IPAddress.TryParse(hop.Host, out _))
        {
            problem = $"“{host}” is no address";
            return null;
        }

        return slash < 0 ? hop : Apply(hop, text[slash..], out problem);
    }

    private static NextHop? Apply(NextHop hop, string flags, out string problem)
    {
        problem = "";
        foreach (var flag in flags.ToUpperInvariant().Split(['/', ',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            switch (flag)
            {
                case "SECURITY=STARTTLS":
                    hop = hop with { Security = HopSecurity.Verified };
                    break;
                case "SECURITY=REQUIRED":
                    hop = hop with { Security = HopSecurity.Required };
                    break;
                case "SECURITY=SMTPS":
                    hop = hop with { Security = HopSecurity.Smtps };
                    break;
                case "IPV4ONLY":
                    hop = hop with { Families = AddressFamilies.IPv4Only };
                    break;
                case "IPV6ONLY":
                    hop = hop with { Families = AddressFamilies.IPv6Only };
                    break;
                default:
                    problem = $"the flag {flag} is not known";
                    return null;
            }
        }

        return hop;
    }
}
