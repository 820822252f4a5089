using System.Net.Sockets;
using System.Text;

namespace Courier.Hosting;

/// <summary>Tells systemd how the service fares (sd_notify(3)): one datagram to the socket it named; nothing without one.</summary>
internal static class ServiceNotification
{
    internal static void Send(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 } path)
            return;
        // A leading @ means the abstract namespace (unix(7)).
        var endPoint = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.SendTo(Encoding.UTF8.GetBytes(state), endPoint);
        }
        catch (SocketException)
        {
            // Whoever started us does not listen: the service works without.
        }
    }
}
