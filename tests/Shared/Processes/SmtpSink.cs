using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Courier.Testing.Processes;

/// <summary>A next hop that keeps what it is sent. It offers PIPELINING and 8BITMIME, answers 250 only after it has recorded the
/// message, and refuses the recipients it is told to refuse.</summary>
internal sealed class SmtpSink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly Func<string, string?> _refuse;

    /// <param name="refuse">Recipient → the refusing reply, or null to take it.</param>
    public SmtpSink(Func<string, string?>? refuse = null)
    {
        _refuse = refuse ?? (_ => null);
        _listener.Start(backlog: 128);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public ConcurrentQueue<SunkMessage> Messages { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
                sessions.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(sessions);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        client.NoDelay = true;
        try
        {
            await TalkAsync(client.GetStream());
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The sender went away, or the test is over.
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await using var writer = new StreamWriter(stream, Encoding.Latin1) { NewLine = "\r\n" };
        await ReplyAsync(writer, "220 sink.test ESMTP");
        string from = "";
        var recipients = new List<string>();
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            switch (line.Split(' ', ':')[0].ToUpperInvariant())
            {
                case "EHLO":
                    await ReplyAsync(writer, "250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES");
                    break;
                case "MAIL":
                    (from, recipients) = (Path(line), []);
                    await ReplyAsync(writer, "250 2.1.0 Ok");
                    break;
                case "RCPT" when _refuse(Path(line)) is { } refusal:
                    await ReplyAsync(writer, refusal);
                    break;
                case "RCPT":
                    recipients.Add(Path(line));
                    await ReplyAsync(writer, "250 2.1.5 Ok");
                    break;
                case "DATA" when recipients.Count == 0:
                    await ReplyAsync(writer, "503 5.5.1 No recipients");
                    break;
                case "DATA":
                    await ReplyAsync(writer, "354 Go ahead");
                    Messages.Enqueue(new(from, recipients, await BodyAsync(reader)));
                    recipients = [];
                    await ReplyAsync(writer, "250 2.0.0 Ok");
                    break;
                case "QUIT":
                    await ReplyAsync(writer, "221 2.0.0 Bye");
                    return;
                default:
                    await ReplyAsync(writer, "250 2.0.0 Ok");
                    break;
            }
        }
    }

    private static async Task ReplyAsync(StreamWriter writer, string reply)
    {
        await writer.WriteLineAsync(reply);
        await writer.FlushAsync();
    }

    private static string Path(string line) => line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.IndexOf('>', StringComparison.Ordinal)];

    private async Task<string> BodyAsync(StreamReader reader)
    {
        var body = new StringBuilder();
        while (true)
        {
            var line = await reader.ReadLineAsync(_stop.Token) ?? throw new EndOfStreamException();
            if (line == ".")
                return body.ToString();
            body.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }
    }
}

/// <summary>One message the sink took.</summary>
internal sealed record SunkMessage(string From, IReadOnlyList<string> Recipients, string Text);
