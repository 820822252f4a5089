using System.Net.Sockets;
using System.Text;

namespace Courier.Logging;

/// <summary>Where finished lines go. Called by one thread.</summary>
internal interface ILogSink
{
    void Write(string line);

    void Flush();
}

/// <summary>A text stream: standard error.</summary>
internal sealed class StreamSink(TextWriter writer) : ILogSink
{
    public void Write(string line) => writer.WriteLine(line);

    public void Flush() => writer.Flush();
}

/// <summary>One datagram a line to the local syslog. Lines are lost while nobody listens, as syslog(3) does.</summary>
internal sealed class SyslogSink(string path) : ILogSink
{
    private Socket? _socket;

    public void Write(string line)
    {
        try
        {
            Connected().Send(Encoding.UTF8.GetBytes(line));
        }
        catch (SocketException)
        {
            // The daemon was restarted, perhaps: the next line connects anew.
            _socket?.Dispose();
            _socket = null;
        }
    }

    public void Flush()
    {
    }

    private Socket Connected()
    {
        if (_socket is not null)
            return _socket;
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return _socket = socket;
    }
}
