using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Courier.Testing.Processes;

/// <summary>Ports for a server that another process will bind. They lie below the ephemeral range, so that no outgoing
/// connection takes one between our look and its bind; one is never given out twice by the same test process.</summary>
internal static class FreePorts
{
    private const int First = 20000;
    private const int End = 32000; // Linux gives outgoing connections 32768 and up
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    public static int Next()
    {
        lock (Gate)
        {
            while (true)
            {
                var port = RandomNumberGenerator.GetInt32(First, End);
                if (!Given.Contains(port) && IsFree(port) && Given.Add(port))
                    return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
