using System.Net;
using Courier.Net;

namespace Courier.Mta.Delivery.Remote;

/// <summary>As whom a virtual host sends.</summary>
/// <param name="Label">What tells it from others in queue and log.</param>
/// <param name="HostName">Its name in EHLO.</param>
/// <param name="Sources">The addresses it connects from.</param>
public sealed record SendingIdentity(string Label, string HostName, SourceAddresses Sources)
{
    /// <summary>The name by the address that the connection goes out from; null is always <see cref="HostName"/>.</summary>
    public Func<IPAddress, CancellationToken, ValueTask<string>>? NameFor { get; init; }
}
