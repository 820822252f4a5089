using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Courier.EndToEnd.Peers;

/// <summary>The smallest SMTP client that lets a test say what it wants and see what is answered: one command, its whole reply. UTF-8.</summary>
internal sealed class SmtpProbe : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly Socket _socket;
    private Stream _stream;
    private StreamReader _reader;

    private SmtpProbe(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket);
        _reader = new(_stream, Encoding.UTF8);
    }

    /// <summary>What EHLO was answered, each line without its code.</summary>
    public IReadOnlyList<string> Words { get; private set; } = [];

    /// <summary>Connects, from an address of this machine, and says EHLO.</summary>
    public static async Task<SmtpProbe> ConnectAsync(int port, string from = "127.0.0.2")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        return await ConnectAsync(socket, new IPEndPoint(IPAddress.Loopback, port));
    }

    /// <summary>The same with a socket of another network.</summary>
    public static async Task<SmtpProbe> ConnectAsync(Socket socket, IPEndPoint server)
    {
        await socket.ConnectAsync(server);
        var probe = new SmtpProbe(socket);
        await probe.ReplyAsync("the greeting");
        await probe.GreetAsync();
        return probe;
    }

    public async Task StartTlsAsync()
    {
        await OkAsync("STARTTLS");
#pragma warning disable CA5359 // The server's certificate is its own; what it says is looked at, not who it is.
        var secured = new SslStream(_stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await secured.AuthenticateAsClientAsync("localhost");
        _stream = secured;
        _reader = new(_stream, Encoding.UTF8);
        await GreetAsync();
    }

    public Task LoginAsync(string user, string password) => OkAsync($"AUTH PLAIN {Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}"))}");

    /// <summary>The whole reply, its lines with LF between them.</summary>
    public async Task<string> SayAsync(string command)
    {
        await WriteAsync(command + "\r\n");
        return await ReplyAsync(command);
    }

    /// <summary>The reply, which must be one of success.</summary>
    public async Task<string> OkAsync(string command)
    {
        var reply = await SayAsync(command);
        return reply[0] is '2' or '3' ? reply : throw new InvalidOperationException($"{command}: {reply}");
    }

    /// <summary>One message with a recipient; paths may have parameters after them: <c>&lt;a@b.test&gt; NOTIFY=NEVER</c>. The last reply.</summary>
    public Task<string> SendAsync(string from, string to, string text) => SendAsync(from, [to], text);

    /// <summary>The same with several recipients.</summary>
    public async Task<string> SendAsync(string from, IEnumerable<string> to, string text)
    {
        await OkAsync($"MAIL FROM:{from}");
        foreach (var recipient in to)
            await OkAsync($"RCPT TO:{recipient}");
        await OkAsync("DATA");
        await WriteAsync(text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal));
        return await OkAsync((text.EndsWith("\r\n", StringComparison.Ordinal) ? "" : "\r\n") + ".");
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task GreetAsync() =>
        Words = [.. (await OkAsync("EHLO client.elsewhere.test")).Split('\n').Select(line => line[4..].Trim())];

    private async Task WriteAsync(string text)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(text));
        await _stream.FlushAsync();
    }

    private async Task<string> ReplyAsync(string question)
    {
        using var limit = new CancellationTokenSource(Limit);
        var lines = new List<string>();
        do
        {
            lines.Add(await _reader.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException($"no answer to {question}"));
        }
        while (lines[^1] is [_, _, _, '-', ..]);
        return string.Join('\n', lines);
    }
}
