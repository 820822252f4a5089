using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Courier.Faults.Load;

/// <summary>A next hop that takes everything and counts tokens per recipient. What it has answered with 250 it has received.</summary>
public sealed class TokenSink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<(string Token, string Recipient), int> _received = new();
    private readonly Task _accepting;
    private int _open;
    private int _peak;
    private int _torn;

    public TokenSink()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How often each message came for each recipient.</summary>
    public IReadOnlyDictionary<(string Token, string Recipient), int> Received => _received;

    /// <summary>The most connections that were open at once: attempts that a crash can catch in flight.</summary>
    public int PeakConnections => _peak;

    /// <summary>Messages that ended properly but were not whole.</summary>
    public int Torn => _torn;

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client);
            }
        }
        catch (OperationCanceledException)
        {
            _listener.Stop();
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        client.NoDelay = true;
        var open = Interlocked.Increment(ref _open);
        InterlockedMax(ref _peak, open);
        try
        {
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            await using var writer = new StreamWriter(stream, Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
            await TalkAsync(reader, writer);
        }
        catch (IOException)
        {
            // The sending server was killed.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task TalkAsync(StreamReader reader, StreamWriter writer)
    {
        var recipients = new List<string>();
        await writer.WriteLineAsync("220 sink.test ESMTP");
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            var verb = line.Split(' ', ':')[0].ToUpperInvariant();
            if (verb == "RCPT")
                recipients.Add(line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)]);
            if (verb is "RSET" or "MAIL" or "EHLO" or "HELO")
                recipients.Clear();
            await writer.WriteLineAsync(verb switch
            {
                "EHLO" => "250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 100000000",
                "DATA" => "354 go on",
                "QUIT" => "221 bye",
                _ => "250 ok",
            });
            if (verb == "QUIT")
                return;
            if (verb == "DATA")
            {
                await TakeAsync(reader, recipients);
                await writer.WriteLineAsync("250 taken");
                recipients.Clear();
            }
        }
    }

    private async Task TakeAsync(StreamReader reader, List<string> recipients)
    {
        string? token = null;
        var last = "";
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            if (line == ".")
            {
                if (last != $"end of {token}")
                    Interlocked.Increment(ref _torn);
                foreach (var recipient in recipients)
                    _received.AddOrUpdate((token ?? "", recipient), 1, (_, count) => count + 1);
                return;
            }
            if (token is null && line.StartsWith("X-Token: ", StringComparison.Ordinal))
                token = line["X-Token: ".Length..];
            last = line;
        }
        throw new IOException("the connection ended inside a message");
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var known = target; value > known; known = target)
            Interlocked.CompareExchange(ref target, value, known);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }
}
