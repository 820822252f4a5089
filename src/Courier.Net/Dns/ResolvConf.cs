using System.Globalization;
using System.Net;

namespace Courier.Net.Dns;

/// <summary>Whom to ask and how patiently.</summary>
public sealed record DnsServers
{
    /// <summary>In order; at least one.</summary>
    public required IReadOnlyList<IPEndPoint> Servers { get; init; }

    /// <summary>How long one server may take.</summary>
    /// <remarks>resolv.conf(5), RES_TIMEOUT.</remarks>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Rounds over all servers.</summary>
    /// <remarks>resolv.conf(5), RES_DFLRETRY.</remarks>
    public int Attempts { get; init; } = 2;

    /// <summary>Each question begins at another server.</summary>
    public bool Rotate { get; init; }

    /// <summary>TCP only.</summary>
    public bool UseTcp { get; init; }

    /// <summary>The AD bit of these servers is believed, wherever they are: somebody said so. Else only that of loopback addresses.</summary>
    public bool TrustsAuthentication { get; init; }
}

/// <summary>Reads resolv.conf(5): nameserver, and of options timeout, attempts, rotate, use-vc and trust-ad. Search lists are not
/// for mail, whose names are complete (RFC 5321 §2.3.5).</summary>
public static class ResolvConf
{
    private const int Port = 53;

    /// <summary>MAXNS of the system's resolver.</summary>
    private const int ServersMax = 3;

    // The caps of resolv.conf(5).
    private const int TimeoutSecondsMax = 30;
    private const int AttemptsMax = 5;

    public static DnsServers Parse(IEnumerable<string> lines)
    {
        var servers = new List<IPEndPoint>();
        var result = new DnsServers { Servers = servers };
        foreach (var line in lines)
        {
            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", var text, ..] && servers.Count < ServersMax && IPAddress.TryParse(text, out var address))
                servers.Add(new IPEndPoint(address, Port));
            else if (words is ["options", ..])
                result = words.Skip(1).Aggregate(result, Apply);
        }

        // resolv.conf(5): without any, the one on this host.
        if (servers.Count == 0)
            servers.Add(new IPEndPoint(IPAddress.Loopback, Port));
        return result;
    }

    private static DnsServers Apply(DnsServers servers, string option) => option.Split(':') switch
    {
        ["rotate"] => servers with { Rotate = true },
        ["use-vc"] => servers with { UseTcp = true },
        ["trust-ad"] => servers with { TrustsAuthentication = true },
        ["timeout", var text] when Number(text, TimeoutSecondsMax) is { } seconds => servers with { Timeout = TimeSpan.FromSeconds(seconds) },
        ["attempts", var text] when Number(text, AttemptsMax) is { } attempts => servers with { Attempts = attempts },
        _ => servers,
    };

    private static int? Number(string text, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? Math.Min(number, most) : null;
}
