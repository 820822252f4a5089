using System.Globalization;
using System.Net;

namespace Courier.Mta.Delivery.Remote;

/// <summary>What a next hop has to offer before it gets mail.</summary>
public enum HopSecurity
{
    /// <summary>TLS where it is offered, mail in the clear elsewhere (RFC 7435); DANE and MTA-STS may ask for more.</summary>
    WhenOffered,

    /// <summary>TLS with any certificate, or no mail.</summary>
    Required,

    /// <summary>TLS with a certificate for the host's name from an authority that we trust, or no mail.</summary>
    Verified,

    /// <summary>TLS from the first byte, with any certificate.</summary>
    Smtps,

    /// <summary>No TLS, whatever is offered.</summary>
    Never,
}

/// <summary>Which addresses of a host are used.</summary>
public enum AddressFamilies
{
    /// <summary>Those that the general setting prefers first, then the others.</summary>
    Both,
    IPv4Only,
    IPv6Only,
}

/// <summary>The server that mail is handed to, or the domain whose mail exchangers it is handed to.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">TCP port.</param>
public sealed record NextHop(string Host, int Port)
{
    /// <summary>Where servers take mail from other servers.</summary>
    public const int SmtpPort = 25;

    /// <summary>Looks the host's MX records up first (RFC 5321 §5.1); else the host itself is meant.</summary>
    public bool UsesMx { get; init; }

    public HopSecurity Security { get; init; }

    public AddressFamilies Families { get; init; }

    /// <summary>Whom we log in as, or null.</summary>
    public Smtp.Client.SmtpCredentials? Credentials { get; init; }

    /// <summary>The operator chose this hop: its name may stand in /etc/hosts, and it may lead to ourselves.</summary>
    public bool IsConfigured { get; init; } = true;

    /// <summary>As whom we go there; null: as the server. Connections are not shared with others.</summary>
    public SendingIdentity? Identity { get; init; }

    /// <summary>What attempts are grouped by, in queue and log: different for hops that are reached differently.</summary>
    public string Destination
    {
        get
        {
            var name = $"{(UsesMx ? "mx" : "relay")}:{(UsesMx && Port == SmtpPort ? Host : ToString())}";
            if (Security != HopSecurity.WhenOffered)
                name += $" {Security.ToString().ToLowerInvariant()}";
            if (Families != AddressFamilies.Both)
                name += $" {Families.ToString().ToLowerInvariant()}";
            if (Identity is not null)
                name += $" as {Identity.Label}";
            return name;
        }
    }

    /// <summary>Reads <c>host</c>, <c>host:port</c>, <c>192.0.2.1:25</c> or <c>[2001:db8::1]:25</c>; without a port it is 25.</summary>
    public static bool TryParse(string text, out NextHop hop)
    {
        hop = new NextHop(text.Trim('[', ']'), SmtpPort);
        if (text.Length == 0 || IPAddress.TryParse(hop.Host, out _))
            return text.Length > 0;
        var colon = text.LastIndexOf(':');
        if (colon >= 0)
        {
            if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
                return false;
            hop = new NextHop(text[..colon].Trim('[', ']'), port);
        }

        return IPAddress.TryParse(hop.Host, out _) || Uri.CheckHostName(hop.Host) == UriHostNameType.Dns;
    }

    /// <summary>Where mail for a domain without a route goes: to its mail exchangers, or to the address of an address literal
    /// (RFC 5321 §4.1.3, §5.1).</summary>
    public static NextHop OfDomain(string domain) => Literal(domain) is { } address
        ? new NextHop(address.ToString(), SmtpPort) { IsConfigured = false }
        : new NextHop(domain, SmtpPort) { UsesMx = true, IsConfigured = false };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    private static IPAddress? Literal(string domain)
    {
        if (domain is not ['[', .. var text, ']'])
            return null;
        const string tag = "ipv6:";
        return IPAddress.TryParse(text.StartsWith(tag, StringComparison.OrdinalIgnoreCase) ? text[tag.Length..] : text, out var address) ? address : null;
    }
}
