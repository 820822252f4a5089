using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Courier.Faults.Server;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>Two servers and a program like mutt on one Maildir, with SIGKILL for the servers: no flag is lost, no UID names two messages, no message
/// stays unseen.</summary>
public sealed partial class SharedMaildirRounds(ITestOutputHelper output)
{
    /// <summary>Which UID each message was last seen with, by anybody.</summary>
    private readonly ConcurrentDictionary<string, string> _uids = new(StringComparer.Ordinal);

    /// <summary>Messages that were seen with two: a server took one for gone while it was renamed, and gave it a new UID when it found it again. It
    /// is downloaded twice then, which is a pity and no loss.</summary>
    private readonly ConcurrentDictionary<string, byte> _renumbered = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, string> _messages = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _kept = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Message, string Flag), byte> _flagged = new();
    private readonly ConcurrentQueue<string> _wrong = new();
    private string? _uidValidity;
    private int _stored;

    /// <summary>So much longer it may take to see enough.</summary>
    private const int MostTimes = 10;

    [Fact]
    public async Task Two_servers_and_a_mail_program_share_a_Maildir_through_kills()
    {
        var time = TimeSpan.FromSeconds(RunLength.Rounds(quick: 25, whole: 3600));
        var random = new Random(RunLength.Seed);
        await using var first = new CourierServer(CourierServer.NewState("share-a"), FaultRun.MailboxSettings, ["imap"]);
        await using var second = new CourierServer(CourierServer.NewState("share-b"), FaultRun.MailboxSettings, ["imap"]);
        var maildir = Path.Combine(first.State, "mail", "demo", "Maildir");
        CourierServer[] servers = [first, second];
        foreach (var server in servers)
        {
            var list = Path.Combine(server.State, "accounts.import");
            await File.WriteAllTextAsync(list, $"demo@example.test\t{FaultRun.Hash}\t{maildir}\n");
            await server.RunAsync(["domain", "add", "example.test"], CancellationToken.None);
            await server.RunAsync(["account", "import", list], CancellationToken.None);
            await server.StartAsync(CancellationToken.None);
        }

        using var ending = new CancellationTokenSource();
        Task[] users = [.. servers.Select((server, i) => UseAsync(server, $"s{i}", random.Next(), ending.Token)), Task.Run(() => Mutt(maildir, random.Next(), ending.Token))];
        var (kills, start) = (0, TimeProvider.System.GetTimestamp());
        // On a machine that is busy with other things a kill and a start take seconds: the time is the least, not the most.
        while (TimeProvider.System.GetElapsedTime(start) is var passed && passed < time * MostTimes && (passed < time || !ShowsEnough(kills)))
        {
            await Task.Delay(random.Next(600, 2500));
            var server = servers[random.Next(2)];
            server.Kill();
            kills++;
            await server.StartAsync(CancellationToken.None);
        }

        await ending.CancelAsync();
        await Task.WhenAll(users);
        List<Dictionary<string, string>> last = [];
        foreach (var server in servers)
        {
            await JudgeAsync(server);
            last.Add(new(_uids, StringComparer.Ordinal));
        }

        Assert.Equal(last[0].OrderBy(entry => entry.Key, StringComparer.Ordinal), last[1].OrderBy(entry => entry.Key, StringComparer.Ordinal));
        output.WriteLine($"{kills} kills, {_kept.Count} messages, {_stored} flags stored, {_flagged.Count} distinct, {_renumbered.Count} with a second UID {string.Join(" ", _renumbered.Keys)}");
        Assert.Empty(_wrong);
        Assert.True(_renumbered.Count * 100 <= _kept.Count, $"{_renumbered.Count} of {_kept.Count} messages got a second UID: {string.Join(' ', _renumbered.Keys)}");
        Assert.True(ShowsEnough(kills), $"{kills} kills, {_kept.Count} messages and {_flagged.Count} flags show little");
    }

    private bool ShowsEnough(int kills) => kills > 5 && _kept.Count > 50 && _flagged.Count > 50;

    /// <summary>What both must say in the end.</summary>
    private async Task JudgeAsync(CourierServer server)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var client = await Client.OpenAsync(server.Port("imap"), limit.Token);
        Note(await client.AskAsync("SELECT INBOX", limit.Token));
        var flags = Note(await client.AskAsync("FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])", limit.Token));
        foreach (var message in _kept.Keys.Where(message => !flags.ContainsKey(message)))
            _wrong.Enqueue($"{message} is not there");
        foreach (var (message, flag) in _flagged.Keys.Where(entry => flags.TryGetValue(entry.Message, out var has) && !has.Contains(entry.Flag, StringComparison.Ordinal)))
            _wrong.Enqueue($"{message} has lost {flag}: {flags[message]}");
    }

    private async Task UseAsync(CourierServer server, string name, int seed, CancellationToken ending)
    {
        var random = new Random(seed);
        var count = 0;
        while (!ending.IsCancellationRequested)
        {
            try
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
                using var client = await Client.OpenAsync(server.Port("imap"), limit.Token);
                Note(await client.AskAsync("SELECT INBOX", limit.Token));
                while (!ending.IsCancellationRequested)
                    await StepAsync(client, random, $"{name}n{count++}", limit.Token);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }

    private async Task StepAsync(Client client, Random random, string next, CancellationToken ct)
    {
        if (random.Next(3) == 0)
        {
            var message = $"Subject: {next}\r\n\r\nx\r\n";
            if ((await client.AskAsync($"APPEND INBOX {{{message.Length}+}}\r\n{message}", ct)).Contains(" OK [APPENDUID", StringComparison.Ordinal))
                _kept[next] = 0;
            return;
        }

        Note(await client.AskAsync("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])", ct));
        var known = _messages.ToArray();
        if (known.Length == 0)
            return;
        var (uid, subject) = known[random.Next(known.Length)];
        var flag = random.Next(3) switch { 0 => "\\Flagged", 1 => "\\Answered", _ => "\\Seen" };
        var reply = await client.AskAsync($"UID STORE {uid} +FLAGS ({flag})", ct);
        // What the reply shows has been stored; a UID that this server has not seen yet is not among it.
        if (Stored().IsMatch(reply) && reply.Contains(flag, StringComparison.Ordinal) && reply.Contains($"UID {uid} ", StringComparison.Ordinal) && LastLine(reply).Contains(" OK ", StringComparison.Ordinal))
        {
            _flagged[(subject, flag)] = 0;
            Interlocked.Increment(ref _stored);
        }
    }

    /// <summary>Delivers, takes what is new into cur/, and changes flags, by renames alone.</summary>
    private void Mutt(string maildir, int seed, CancellationToken ending)
    {
        var random = new Random(seed);
        for (var i = 0; !ending.IsCancellationRequested; i++)
        {
            try
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}.M{i}P7.mutt");
                File.WriteAllText($"{maildir}/tmp/{name}", $"Subject: mutt{i}\n\nx\n");
                File.Move($"{maildir}/tmp/{name}", $"{maildir}/new/{name}");
                _kept[$"mutt{i}"] = 0;
                foreach (var file in Directory.GetFiles($"{maildir}/new").Where(_ => random.Next(3) == 0))
                    File.Move(file, $"{maildir}/cur/{Path.GetFileName(file)}:2,");
                var cur = Directory.GetFiles($"{maildir}/cur", "*mutt*");
                if (cur.Length > 0 && cur[random.Next(cur.Length)] is var old && Flags().Match(old) is { Success: true } flags && !flags.Groups["flags"].Value.Contains('F', StringComparison.Ordinal))
                {
                    var subject = File.ReadLines(old).First()["Subject: ".Length..];
                    File.Move(old, string.Concat(old.AsSpan(0, flags.Groups["flags"].Index), string.Concat((flags.Groups["flags"].Value + "F").Order())));
                    _flagged[(subject, "\\Flagged")] = 0;
                }
            }
            catch (IOException)
            {
                // Somebody renamed it first, as it happens among programs that share a Maildir.
            }

            Thread.Sleep(random.Next(5, 60));
        }
    }

    /// <summary>Takes in what a server shows; two answers must not contradict each other, whoever gave them.</summary>
    private Dictionary<string, string> Note(string answer)
    {
        if (Validity().Match(answer) is { Success: true } validity && Interlocked.CompareExchange(ref _uidValidity, validity.Value, null) is { } other && other != validity.Value)
            _wrong.Enqueue($"UIDVALIDITY was {other} and is {validity.Value}");
        var flags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match message in Shown().Matches(answer))
        {
            var (uid, subject) = (message.Groups["uid"].Value, message.Groups["subject"].Value);
            if (_uids.GetOrAdd(subject, uid) != uid)
            {
                _renumbered[subject] = 0;
                _uids[subject] = uid;
            }

            if (_messages.GetOrAdd(uid, subject) is var named && named != subject)
                _wrong.Enqueue($"UID {uid} was {named} and is {subject}");
            if (!flags.TryAdd(subject, message.Groups["flags"].Value))
                _wrong.Enqueue($"{subject} is there twice");
        }

        return flags;
    }

    private static string LastLine(string answer) => answer.TrimEnd('\n')[(answer.TrimEnd('\n').LastIndexOf('\n') + 1)..];

    [GeneratedRegex(@"UIDVALIDITY \d+", RegexOptions.None, 5000)]
    private static partial Regex Validity();

    [GeneratedRegex(@"^\* \d+ FETCH \(.*FLAGS", RegexOptions.Multiline, 5000)]
    private static partial Regex Stored();

    [GeneratedRegex(@":2,(?<flags>[A-Z]*)\z", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Flags();

    [GeneratedRegex(@"FETCH \(UID (?<uid>\d+) FLAGS \((?<flags>[^)]*)\) BODY\[[^\]]*\] \{\d+\}\nSubject: (?<subject>\w+)", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Shown();
}
