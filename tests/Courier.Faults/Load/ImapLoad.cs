using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Courier.Faults.Load;

/// <summary>A user whose client appends, flags and expunges through crashes, and remembers every UID it was ever told.</summary>
/// <remarks>Invariants: a UID (under its UIDVALIDITY) never names two messages; UIDNEXT is above every UID seen; an APPEND answered
/// with OK is there, unless this client tried to remove it.</remarks>
public sealed partial class ImapLoad(IPEndPoint server, string user, string password, int seed)
{
    private readonly Random _random = new(seed);
    private readonly ConcurrentDictionary<string, byte> _appended = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _removing = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Validity, uint Uid), string> _uids = [];
    private readonly ConcurrentQueue<string> _refusals = new();
    private readonly List<string> _faults = [];

    /// <summary>Broken invariants that the client saw by itself.</summary>
    public IReadOnlyList<string> Faults => _faults;

    public int Appended => _appended.Count;

    /// <summary>What commands were refused with.</summary>
    public IReadOnlyCollection<string> Refusals => _refusals;

    /// <summary>As <see cref="LoadPlan.IsHeard"/>.</summary>
    public Func<bool> IsHeard { get; init; } = () => true;

    public int UidsSeen => _uids.Count;

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                using var session = await ImapSession.OpenAsync(server, user, password, ct);
                var validity = await SelectAsync(session);
                while (!ct.IsCancellationRequested)
                    await StepAsync(session, validity);
            }
            catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or TimeoutException)
            {
                if (error is ImapRefusalException)
                    _refusals.Enqueue(error.Message);
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }

    /// <summary>Looks at the mailbox after a crash: every promise is held against what is there.</summary>
    public async Task AuditAsync(CancellationToken ct)
    {
        using var session = await ImapSession.OpenAsync(server, user, password, ct);
        var validity = await SelectAsync(session);
        var there = await LearnAsync(session, validity, "1:*");
        foreach (var token in _appended.Keys.Where(token => !_removing.ContainsKey(token)))
        {
            var count = there.Count(found => found == token);
            if (count != 1)
                _faults.Add($"APPEND of {token} was answered OK, now it is there {count} times (UIDVALIDITY {validity}; UIDs told: {string.Join(' ', _uids.Where(one => one.Value == token).Select(one => one.Key))})");
        }
        foreach (var group in there.GroupBy(token => token, StringComparer.Ordinal).Where(group => group.Count() > 1))
            _faults.Add($"{group.Key} is there {group.Count()} times");
    }

    private async Task StepAsync(ImapSession session, string validity)
    {
        switch (_random.Next(6))
        {
            case 0 or 1 or 2:
                var token = $"A{seed:x}.{Guid.NewGuid():N}";
                await session.AskAsync("APPEND INBOX (\\Seen)", Messages.Text(token, 1024 * (1 + _random.Next(20))));
                if (IsHeard())
                    _appended[token] = 0;
                await session.AskAsync("NOOP");
                await LearnAsync(session, validity, "*");
                break;
            case 3:
                await session.AskAsync($"UID STORE {RandomUid(validity)} +FLAGS (\\Flagged)");
                break;
            case 4:
                await session.AskAsync($"UID STORE {RandomUid(validity)} -FLAGS (\\Flagged \\Seen)");
                break;
            default:
                var uid = RandomUid(validity);
                if (!_uids.TryGetValue((validity, uid), out var doomed))
                    break;      // a message whose FETCH was refused: it would be removed unseen
                _removing[doomed] = 0;
                await session.AskAsync($"UID STORE {uid} +FLAGS.SILENT (\\Deleted)");
                await session.AskAsync("EXPUNGE");
                break;
        }
    }

    private uint RandomUid(string validity)
    {
        var known = _uids.Keys.Where(key => key.Validity == validity).Select(key => key.Uid).ToList();
        return known.Count == 0 ? 1 : known[_random.Next(known.Count)];
    }

    private async Task<string> SelectAsync(ImapSession session)
    {
        var lines = await session.AskAsync("SELECT INBOX");
        var validity = Validity().Match(string.Join('\n', lines)).Groups["n"].Value;
        var next = uint.Parse(Next().Match(string.Join('\n', lines)).Groups["n"].Value, CultureInfo.InvariantCulture);
        var highest = _uids.Keys.Where(key => key.Validity == validity).Select(key => key.Uid).DefaultIfEmpty().Max();
        if (next <= highest)
            _faults.Add($"UIDNEXT went back: {next}, but UID {highest} was told before");
        return validity;
    }

    /// <summary>Fetches tokens and holds each UID against what it named before.</summary>
    private async Task<List<string>> LearnAsync(ImapSession session, string validity, string set)
    {
        var tokens = new List<string>();
        foreach (var line in await session.AskAsync($"UID FETCH {set} (UID BODY.PEEK[HEADER.FIELDS (X-Token)])"))
        {
            if (Uid().Match(line) is not { Success: true } match || Messages.TokenOf(line) is not { } token)
                continue;
            tokens.Add(token);
            if (!IsHeard())
                continue;
            var key = (validity, uint.Parse(match.Groups["n"].Value, CultureInfo.InvariantCulture));
            if (_uids.TryGetValue(key, out var before) && before != token)
                _faults.Add($"UID {key.Item2} named {before}, now it names {token}");
            _uids[key] = token;
        }
        return tokens;
    }

    [GeneratedRegex(@"\[UIDVALIDITY (?<n>\d+)\]")]
    private static partial Regex Validity();

    [GeneratedRegex(@"\[UIDNEXT (?<n>\d+)\]")]
    private static partial Regex Next();

    [GeneratedRegex(@"[( ]UID (?<n>\d+)[ )]")]
    private static partial Regex Uid();
}

/// <summary>NO, BAD or BYE.</summary>
public sealed class ImapRefusalException(string message) : IOException(message);

/// <summary>Just enough IMAP for the load: one command at a time, literals joined into their line.</summary>
public sealed partial class ImapSession : IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(60);

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;
    private int _tag;

    private ImapSession(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
        _reader = new(_stream, Encoding.Latin1);
    }

    public static async Task<ImapSession> OpenAsync(IPEndPoint server, string user, string password, CancellationToken ct)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(server, ct);
            var session = new ImapSession(client);
            await session.LineAsync();
            await session.AskAsync($"LOGIN \"{user}\" \"{password}\"");
            return session;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>The untagged lines before OK; NO, BAD and BYE throw.</summary>
    public async Task<List<string>> AskAsync(string command, string? literal = null)
    {
        var tag = string.Create(CultureInfo.InvariantCulture, $"t{++_tag}");
        await WriteAsync(literal is null ? $"{tag} {command}\r\n" : $"{tag} {command} {{{literal.Length}}}\r\n");
        var lines = new List<string>();
        while (true)
        {
            var line = await ResponseAsync();
            if (line.StartsWith('+') && literal is not null)
                await WriteAsync(literal + "\r\n");
            else if (!line.StartsWith(tag + " ", StringComparison.Ordinal))
                lines.Add(line);
            else if (line.StartsWith(tag + " OK", StringComparison.OrdinalIgnoreCase))
                return lines;
            else
                throw new ImapRefusalException($"{command}: {line}");
        }
    }

    private async Task<string> ResponseAsync()
    {
        var response = await LineAsync();
        while (LiteralAtEnd().Match(response) is { Success: true } match)
        {
            var content = new char[int.Parse(match.Groups["n"].Value, CultureInfo.InvariantCulture)];
            if (await _reader.ReadBlockAsync(content).AsTask().WaitAsync(AnswerTime) < content.Length)
                throw new IOException("the server closed inside a literal");
            response += "\r\n" + new string(content) + await LineAsync();
        }
        return response;
    }

    private async Task<string> LineAsync() => await _reader.ReadLineAsync().WaitAsync(AnswerTime) ?? throw new IOException("the server closed");

    private async Task WriteAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text));

    [GeneratedRegex(@"\{(?<n>\d+)\}\z")]
    private static partial Regex LiteralAtEnd();

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }
}
