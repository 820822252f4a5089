using Courier.Smtp.Client;

namespace Courier.Mta.Delivery.Remote;

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

    /// <summary>How long a destination of which no host was reached is left alone; mail for it is deferred without another try.</summary>
    /// <remarks>Courier's esmtpdelay. A hundred messages for a dead server cost one connection attempt, not a hundred.</remarks>
    public TimeSpan FailurePause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Destinations whose connections and failures are remembered; more are made room for by dropping those not in use.</summary>
    public int DestinationsMax { get; init; } = 10_000;

    /// <summary>Messages over one connection.</summary>
    /// <remarks>Servers of several addresses behind one name get their share only from new connections.</remarks>
    public int MessagesPerConnection { get; init; } = 1000;
}
