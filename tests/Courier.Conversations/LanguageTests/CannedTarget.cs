using System.Net;
using System.Net.Sockets;
using System.Text;
using Courier.Conversations.Language;
using Courier.Conversations.Targets;

namespace Courier.Conversations.LanguageTests;

/// <summary>A server that answers each line with what the test says, so that the runner itself can be caught being too lenient.</summary>
/// <param name="greeting">Said at once.</param>
/// <param name="answers">Line → answer; an answer of null hangs up. A line that is not named gets none.</param>
internal sealed class CannedTarget(string greeting, Dictionary<string, string?> answers) : ITarget
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public string? SkipReason(Script script) => null;

    public IPEndPoint Endpoint(string server, string service) => (IPEndPoint)_listener.LocalEndpoint;

    public IPEndPoint Hop(Script script) => throw new ScriptException("there is no next hop here");

    public Task<Reservation> ReserveAsync(Script script, CancellationToken ct)
    {
        _listener.Start();
        _ = AcceptAsync();
        return Task.FromResult(new Reservation([new("demo", "u", "p", "u@example.test", null)], () => { }));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await ServeAsync(client.GetStream());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(greeting + "\r\n"));
        while (await reader.ReadLineAsync() is { } line)
        {
            if (!answers.TryGetValue(line, out var answer))
                continue;
            if (answer is null)
                return;
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer.ReplaceLineEndings("\r\n") + "\r\n"));
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}
