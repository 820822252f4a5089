using System.Globalization;
using System.Net;
using Courier.Smtp.Client;

namespace Courier.Mta.Delivery.Remote;

/// <summary>The server that mail is handed to.</summary>
public sealed record NextHop(string Host, int Port)
{
    private const int SmtpPort = 25;

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

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");
}

/// <summary>How mail is handed to one next hop.</summary>
/// <param name="Client">The protocol.</param>
public sealed record EsmtpAgentSettings(SmtpClientSettings Client)
{
    /// <summary>Connections at once; further messages wait for one.</summary>
    /// <remarks>What receivers commonly allow to one peer.</remarks>
    public int ConnectionsMax { get; init; } = 20;

    /// <summary>How long a connection that has nothing to send is kept.</summary>
    /// <remarks>Well under the five minutes after which servers close it (RFC 5321 §4.5.3.2.7), and short enough to free the other side.</remarks>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Messages over one connection.</summary>
    /// <remarks>Servers of several addresses behind one name get their share only from new connections.</remarks>
    public int MessagesPerConnection { get; init; } = 1000;
}
