using System.Globalization;
using System.Text;

namespace Courier.Shared.Imap;

/// <summary>What came back for one command: untagged responses with their literals, and the tagged line without its tag.</summary>
internal sealed record ImapReply(IReadOnlyList<string> Untagged, string Tagged)
{
    public bool IsOk => Tagged.StartsWith("OK", StringComparison.Ordinal);

    public override string ToString() => string.Join('\n', Untagged.Append(Tagged));
}

/// <summary>A client for tests: text is Latin-1, one char per octet.</summary>
internal sealed class ImapClient(Stream stream) : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private int _tags;

    public Stream Stream => stream;

    public async Task SendAsync(string text)
    {
        using var limit = new CancellationTokenSource(_patience);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), limit.Token);
    }

    /// <summary>Sends a command and reads to its tagged reply.</summary>
    public async Task<ImapReply> AskAsync(string command)
    {
        var tag = "t" + (++_tags).ToString(CultureInfo.InvariantCulture);
        await SendAsync($"{tag} {command}\r\n");
        return await ReadReplyAsync(tag);
    }

    public async Task<ImapReply> ReadReplyAsync(string tag)
    {
        var untagged = new List<string>();
        while (await ReadResponseAsync() is { } line)
        {
            if (line.StartsWith(tag + " ", StringComparison.Ordinal))
                return new(untagged, line[(tag.Length + 1)..]);
            untagged.Add(line);
        }

        throw new IOException($"The server closed before replying to {tag}; it said: {string.Join(" | ", untagged)}");
    }

    /// <summary>APPEND with a literal that does not wait.</summary>
    public Task<ImapReply> AppendAsync(string mailbox, string message, string arguments = "") =>
        AskAsync($"APPEND {mailbox} {arguments}{(arguments.Length > 0 ? " " : "")}{{{message.Length}+}}\r\n{message}");

    /// <summary>One response with its literals in it; null at the end.</summary>
    public async Task<string?> ReadResponseAsync()
    {
        if (await ReadLineAsync() is not { } response)
            return null;
        while (response.EndsWith('}') && response.LastIndexOf('{') is var brace and >= 0
            && int.TryParse(response[(brace + 1)..^1], CultureInfo.InvariantCulture, out var length))
        {
            response += "\r\n" + await ReadExactlyAsync(length) + await ReadLineAsync();
        }

        return response;
    }

    public async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            var end = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            var stop = end < 0 ? _end : end;
            line.Append(Encoding.Latin1.GetString(_buffer, _start, stop - _start));
            _start = end < 0 ? _end : end + 1;
            if (end >= 0)
                return line.ToString().TrimEnd('\r');
            if (!await FillAsync())
                return null;
        }
    }

    public async ValueTask DisposeAsync() => await stream.DisposeAsync();

    private async Task<string> ReadExactlyAsync(int length)
    {
        var text = new StringBuilder();
        while (length > 0)
        {
            if (_start == _end && !await FillAsync())
                throw new IOException("The server closed in the middle of a literal.");
            var count = Math.Min(length, _end - _start);
            text.Append(Encoding.Latin1.GetString(_buffer, _start, count));
            _start += count;
            length -= count;
        }

        return text.ToString();
    }

    private async Task<bool> FillAsync()
    {
        using var limit = new CancellationTokenSource(_patience);
        _start = 0;
        _end = await stream.ReadAsync(_buffer, limit.Token);
        return _end > 0;
    }
}
