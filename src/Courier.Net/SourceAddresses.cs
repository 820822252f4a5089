using System.Net;
using System.Net.Sockets;

namespace Courier.Net;

/// <summary>Our end of connections that we make; null leaves it to the system.</summary>
public sealed record SourceAddresses(IPAddress? V4, IPAddress? V6)
{
    internal IPAddress? For(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? V6 : V4;
}
