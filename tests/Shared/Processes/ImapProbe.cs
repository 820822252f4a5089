using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Courier.Testing.Processes;

/// <summary>The smallest IMAP client that lets a test ask what a server says: one command, all its response lines as text.
/// Octets are read as Latin-1, a literal stays within the line that announced it.</summary>
internal sealed class ImapProbe : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly TcpClient _client;
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[16384];
    private readonly StringBuilder _pending = new();
    private int _tag;

    private ImapProbe(TcpClient client, Stream stream)
    {
        _client = client;
        _stream = stream;
    }

    public static async Task<ImapProbe> LoginAsync(int port, string user, string password, bool tls = false)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        Stream stream = client.GetStream();
        if (tls)
        {
#pragma warning disable CA5359 // The server's certificate is its own; what it says is looked at, not who it is.
            var secured = new SslStream(stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
            await secured.AuthenticateAsClientAsync("127.0.0.1");
            stream = secured;
        }

        var probe = new ImapProbe(client, stream);
        await probe.LineAsync();
        await probe.OkAsync($"LOGIN \"{user}\" \"{password}\"");
        return probe;
    }

    /// <summary>Sends a command that must succeed; its untagged responses.</summary>
    public async Task<IReadOnlyList<string>> OkAsync(string command)
    {
        await _stream.WriteAsync(Encoding.Latin1.GetBytes($"p{++_tag} {command}\r\n"));
        return await EndAsync(command);
    }

    private async Task<IReadOnlyList<string>> EndAsync(string command)
    {
        var tag = $"p{_tag}";
        var untagged = new List<string>();
        while (true)
        {
            var line = await LineAsync();
            if (line.StartsWith($"{tag} OK", StringComparison.Ordinal))
                return untagged;
            if (line.StartsWith(tag + " ", StringComparison.Ordinal))
                throw new InvalidOperationException($"{command}: {line}");
            untagged.Add(line);
        }
    }

    /// <summary>Sends a command that ends with a literal, when the server has asked for it.</summary>
    public async Task<IReadOnlyList<string>> LiteralAsync(string command, string literal)
    {
        await _stream.WriteAsync(Encoding.Latin1.GetBytes($"p{++_tag} {command} {{{literal.Length}}}\r\n"));
        var untagged = new List<string>();
        while (await LineAsync() is var line && !line.StartsWith('+'))
        {
            if (line.StartsWith($"p{_tag} ", StringComparison.Ordinal))
                throw new InvalidOperationException($"{command}: {line}");
            untagged.Add(line);
        }

        await _stream.WriteAsync(Encoding.Latin1.GetBytes(literal + "\r\n"));
        return [.. untagged, .. await EndAsync(command)];
    }

    /// <summary>The flags of every message of a mailbox in their order, each a sorted text without \Recent.</summary>
    public async Task<IReadOnlyList<string>> FlagsAsync(string mailbox)
    {
        var selected = await OkAsync($"EXAMINE \"{mailbox}\"");
        if (selected.Contains("* 0 EXISTS"))
            return [];
        var lines = await OkAsync("FETCH 1:* (FLAGS)");
        return [.. lines.Where(l => l.Contains("FETCH (", StringComparison.Ordinal)).Select(FlagsOf)];
    }

    /// <summary>The subjects of every message of a mailbox, sorted.</summary>
    public async Task<IReadOnlyList<string>> SubjectsAsync(string mailbox)
    {
        var selected = await OkAsync($"EXAMINE \"{mailbox}\"");
        if (selected.Contains("* 0 EXISTS"))
            return [];
        var lines = await OkAsync("FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
        return [.. lines.Select(SubjectOf).OfType<string>().Order(StringComparer.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }

    private static string FlagsOf(string line)
    {
        var start = line.IndexOf("FLAGS (", StringComparison.Ordinal) + "FLAGS (".Length;
        var flags = line[start..line.IndexOf(')', start)].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', flags.Where(f => f != @"\Recent").Order(StringComparer.Ordinal));
    }

    private static string? SubjectOf(string line)
    {
        var start = line.IndexOf("Subject: ", StringComparison.Ordinal);
        return start < 0 ? null : line[(start + "Subject: ".Length)..].Split('\r')[0];
    }

    /// <summary>One response line with its literals, without its CRLF.</summary>
    private async Task<string> LineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            var part = await TakeAsync(text => text.IndexOf("\r\n", StringComparison.Ordinal) is >= 0 and var end ? end + 2 : -1);
            line.Append(part.AsSpan(0, part.Length - 2));
            if (!part.EndsWith("}\r\n", StringComparison.Ordinal))
                return line.ToString();
            var size = int.Parse(part.AsSpan(part.LastIndexOf('{') + 1, part.Length - 4 - part.LastIndexOf('{')), System.Globalization.CultureInfo.InvariantCulture);
            line.Append("\r\n").Append(await TakeAsync(text => text.Length >= size ? size : -1));
        }
    }

    private async Task<string> TakeAsync(Func<string, int> length)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var text = _pending.ToString();
            if (length(text) is >= 0 and var count)
            {
                _pending.Remove(0, count);
                return text[..count];
            }

            var read = await _stream.ReadAsync(_buffer, limit.Token);
            if (read == 0)
                throw new IOException($"the server closed the connection after: {text}");
            _pending.Append(Encoding.Latin1.GetString(_buffer, 0, read));
        }
    }
}
