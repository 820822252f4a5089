using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Courier.Tests.Shared.Smtp;

namespace Courier.Tests.Smtp;

/// <summary>A server that says what it is told to, and then does something no server should.</summary>
/// <remarks>A script is a list of steps for one connection, the next script for the next. <c>&gt;text</c> is sent (with CRLF; LF within
/// it too), <c>&lt;text</c> waits for a line that begins so, <c>.</c> reads a message to its end, <c>close</c> closes, <c>stall</c> says nothing until the client goes,
/// <c>endless</c> sends a line without end, <c>lines</c> sends lines without end, <c>tls</c> does a handshake, <c>junk</c> answers one with junk.</remarks>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<byte> _buffer = [];
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly Task _serving;

    public ScriptedServer(params string[] scripts)
        : this(new IPEndPoint(IPAddress.Loopback, 0), scripts)
    {
    }

    public ScriptedServer(IPEndPoint endPoint, params string[] scripts)
    {
        _listener = new TcpListener(endPoint);
        _listener.Start();
        _serving = ServeAsync(scripts);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What was read, line by line; messages with their dots as one entry.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    public int Connections { get; private set; }

    public Exception? Failure { get; private set; }

    /// <summary>What <c>tls</c> presents.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>What it sends beside its own certificate.</summary>
    public X509Certificate2Collection Chain { get; init; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _serving;
        _stopping.Dispose();
        Assert.Null(Failure);
    }

    private async Task ServeAsync(string[] scripts)
    {
        try
        {
            foreach (var script in scripts)
            {
                using var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                Connections++;
                _buffer.Clear();
                try
                {
                    await PlayAsync(new NetworkStream(socket), script);
                }
                catch (Exception e) when (e is IOException or SocketException or System.Security.Authentication.AuthenticationException)
                {
                    // The client went first; it may come back.
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
        catch (InvalidOperationException) when (_stopping.IsCancellationRequested)
        {
            // "Not listening": the test was over between two connections.
        }
        catch (Exception e)
        {
            Failure = e;
        }
    }

    private async Task PlayAsync(Stream stream, string script)
    {
        foreach (var step in script.Split(" | "))
        {
            switch (step)
            {
                case "close":
                    return;
                case "stall":
                    while (await stream.ReadAsync(new byte[4096], _stopping.Token) > 0)
                    {
                        // Until the client has had enough.
                    }

                    return;
                case "endless":
                    await FloodAsync(stream, new string('x', 8192));
                    break;
                case "lines":
                    await FloodAsync(stream, "250-more\r\n");
                    break;
                case "tls":
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(
                        Certificate is null
                            ? TestCertificate.Server()
                            : new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(Certificate, Chain, offline: true) },
                        _stopping.Token);
                    stream = tls;
                    break;
                case "junk":
                    await SendAsync(stream, "this is no handshake\r\n");
                    return;
                case ".":
                    _lines.Enqueue(await ReadUntilAsync(stream, "\r\n.\r\n"));
                    break;
                default:
                    await SpeakAsync(stream, step);
                    break;
            }
        }

        // Until the client closes.
        while (await ReadUntilAsync(stream, "\r\n") is { Length: > 0 } line)
            _lines.Enqueue(line.TrimEnd());
    }

    private async Task SpeakAsync(Stream stream, string step)
    {
        if (step[0] == '>')
        {
            await SendAsync(stream, step[1..].Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n");
            return;
        }

        var line = (await ReadUntilAsync(stream, "\r\n")).TrimEnd();
        if (line.Length == 0)
            throw new IOException("The client closed.");
        _lines.Enqueue(line);
        if (!line.StartsWith(step[1..], StringComparison.Ordinal))
            throw new InvalidOperationException($"Expected {step[1..]}, got {line}");
    }

    private async Task FloodAsync(Stream stream, string text)
    {
        while (true)
            await SendAsync(stream, text);
    }

    private async Task SendAsync(Stream stream, string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text), _stopping.Token);

    private async Task<string> ReadUntilAsync(Stream stream, string end)
    {
        var chunk = new byte[65536];
        while (true)
        {
            var text = Encoding.Latin1.GetString([.. _buffer]);
            var at = text.IndexOf(end, StringComparison.Ordinal);
            if (at >= 0)
            {
                _buffer.RemoveRange(0, at + end.Length);
                return text[..(at + end.Length)];
            }

            var count = await stream.ReadAsync(chunk, _stopping.Token);
            if (count == 0)
                return "";
            _buffer.AddRange(chunk.AsSpan(0, count));
        }
    }
}
