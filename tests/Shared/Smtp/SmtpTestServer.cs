using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Courier.Net;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Shared.Smtp;

/// <summary>A real server on a loopback port with a fake reception behind it.</summary>
public sealed class SmtpTestServer : IAsyncDisposable
{
    public static SmtpServerSettings Relay { get; } = new("mail.example.test", SmtpRole.Relay);

    private readonly Listener _listener;

    public SmtpTestServer(SmtpServerSettings? settings = null, FakeReception? reception = null, ILogger? logger = null)
    {
        settings ??= Relay;
        Reception = reception ?? new FakeReception { IsLmtp = settings.Role == SmtpRole.Lmtp };
        var server = new SmtpServer(settings, Reception, logger ?? NullLogger.Instance, TimeProvider.System);
        _listener = Listener.Start(new ListenerSettings("smtp", new IPEndPoint(IPAddress.Loopback, 0)), server.ServeAsync, NullLogger.Instance);
    }

    public FakeReception Reception { get; }

    public int Port => _listener.EndPoint.Port;

    public int Sessions => _listener.Sessions;

    /// <summary>Connects, and reads the greeting.</summary>
    public async Task<SmtpTalk> TalkAsync()
    {
        var talk = await SmtpTalk.ConnectAsync(Port);
        await talk.ReadAsync();
        return talk;
    }

    /// <summary>Connects, and says EHLO or LHLO.</summary>
    public async Task<SmtpTalk> GreetAsync(string hello = "EHLO client.example")
    {
        var talk = await TalkAsync();
        await talk.SayAsync(hello);
        return talk;
    }

    public Task StopAsync() => _listener.StopAsync(TimeSpan.FromSeconds(5));

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}

/// <summary>A client that sends what it is told, right or wrong, and reads whole replies.</summary>
public sealed class SmtpTalk : IAsyncDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[65536];
    private readonly StringBuilder _unread = new();
    private Stream _stream;

    private SmtpTalk(Socket socket) => (_socket, _stream) = (socket, new NetworkStream(socket, ownsSocket: true));

    public static async Task<SmtpTalk> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        return new SmtpTalk(socket);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(_limit);
        await _stream.WriteAsync(bytes, limit.Token);
    }

    /// <summary>One reply with all its lines, without the last CRLF; empty when the server has closed.</summary>
    public async Task<string> ReadAsync()
    {
        var reply = new StringBuilder();
        while (true)
        {
            var line = await ReadLineAsync();
            if (line is null)
                return reply.ToString();
            reply.Append(line);
            if (line.Length < 4 || line[3] != '-')
                return reply.ToString();
            reply.Append("\r\n");
        }
    }

    /// <summary>Sends a line and reads the reply to it.</summary>
    public async Task<string> SayAsync(string line)
    {
        await SendAsync(line + "\r\n");
        return await ReadAsync();
    }

    /// <summary>The codes of the next replies.</summary>
    public async Task<string> CodesAsync(int count)
    {
        var codes = new List<string>();
        for (var i = 0; i < count; i++)
            codes.Add(await ReadAsync() is { Length: > 3 } reply ? reply[..3] : "end");
        return string.Join(' ', codes);
    }

    /// <summary>Everything up to the close by the server.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await FillAsync())
        {
        }

        var all = _unread.ToString();
        _unread.Clear();
        return all;
    }

    public void EndInput() => _socket.Shutdown(SocketShutdown.Send);

    public async Task SecureAsync()
    {
        var tls = new SslStream(_stream);
        using var limit = new CancellationTokenSource(_limit);
        await tls.AuthenticateAsClientAsync(TestCertificate.Client, limit.Token);
        _stream = tls;
        _unread.Clear();
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<string?> ReadLineAsync()
    {
        while (true)
        {
            var text = _unread.ToString();
            var end = text.IndexOf("\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                _unread.Remove(0, end + 2);
                return text[..end];
            }

            if (!await FillAsync())
                return null;
        }
    }

    private async Task<bool> FillAsync()
    {
        using var limit = new CancellationTokenSource(_limit);
        try
        {
            var count = await _stream.ReadAsync(_buffer, limit.Token);
            _unread.Append(Encoding.Latin1.GetString(_buffer, 0, count));
            return count > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
