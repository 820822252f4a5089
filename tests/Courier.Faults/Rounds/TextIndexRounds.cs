using System.Globalization;
using System.Net;
using Courier.Faults.Load;
using Courier.Faults.Server;
using Courier.Faults.Storage;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>The power goes while the full text index is built or merged: SEARCH answers what is in the messages all the same, before and after the index is whole again.</summary>
public sealed class TextIndexRounds(ITestOutputHelper output)
{
    private const string User = "demo@" + FaultRun.Domain;
    private const int DiskMegabytes = 1024;
    private const int Batch = 300;              // more than the 200 from which on the index is fed
    private const int LeftOut = 199;
    private static readonly TimeSpan Feeding = TimeSpan.FromSeconds(20);

    /// <summary>What each message has in its text, by its token.</summary>
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private int _files;

    [ToolFact(LoopDisk.Root, "mkfs.ext4", "e2fsck", "mount")]
    public async Task SEARCH_is_right_after_a_power_cut_in_the_middle_of_the_index()
    {
        var rounds = RunLength.Rounds(quick: 1, whole: 100);
        var seed = RunLength.Seed;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (inTime, merging) = (0, 0);
        using var disk = new LoopDisk(DiskMegabytes);
        await using var server = new CourierServer(Path.Combine(disk.MountPoint, "state"), FaultRun.MailboxSettings, ["imap"]);
        await server.ImportAccountsAsync([User], FaultRun.Hash, CancellationToken.None);
        var text = Path.Combine(server.MaildirOf(User), "courier", "text");
        Put(server.MaildirOf(User), Batch);
        await server.StartAsync(CancellationToken.None);
        await FeedAsync(server, text);
        for (var round = 1; round <= rounds; round++)
        {
            // More than half of the old go, so that what is left of them is written again behind the segment of the new.
            var wanted = random.Next(1, 3);
            await ShrinkAsync(server, random);
            Put(server.MaildirOf(User), Batch);
            disk.Sync();
            var isCaught = await CatchAsync(server, text, wanted);
            await Task.Delay(random.Next(0, 8));
            await server.FreezeAsync();
            inTime += isCaught && Temporary(text) > 0 ? 1 : 0;
            merging += isCaught && wanted == 2 ? 1 : 0;
            disk.CutPower();
            server.Kill();
            disk.PowerOn();
            server.Reboot();
            await server.StartAsync(CancellationToken.None);
            var wrong = await CompareAsync(server);
            Assert.True(wrong.Count == 0, $"seed {seed}, round {round}, right after the start:\n{string.Join('\n', wrong)}");
            await FeedAsync(server, text);
            wrong = await CompareAsync(server);
            Assert.True(wrong.Count == 0, $"seed {seed}, round {round}, with the index of after the cut:\n{string.Join('\n', wrong)}");
        }

        output.WriteLine($"{rounds} rounds, {inTime} with a segment half written, {merging} of them behind the first of a feeding");
    }

    private static int Temporary(string text) => Directory.Exists(text) ? Directory.EnumerateFiles(text, "*.tmp").Count() : 0;

    /// <summary>Messages in the segments that are there, by their headers; those that went since count as well.</summary>
    private static int Indexed(string text) => !Directory.Exists(text) ? 0 : Directory.EnumerateFiles(text, "*.seg").Sum(path =>
    {
        using var file = File.OpenHandle(path);
        var count = new byte[sizeof(int)];
        RandomAccess.Read(file, count, fileOffset: 12);
        return BitConverter.ToInt32(count);
    });

    /// <summary>Has the mailbox open until so many files of the index were begun; false when they were not in time.</summary>
    private static async Task<bool> CatchAsync(CourierServer server, string text, int wanted)
    {
        using var session = await OpenAsync(server);
        await session.AskAsync("SELECT INBOX");
        var begun = new HashSet<string>(StringComparer.Ordinal);
        var start = TimeProvider.System.GetTimestamp();
        while (begun.Count < wanted && TimeProvider.System.GetElapsedTime(start) < Feeding)
        {
            if (Directory.Exists(text))
                begun.UnionWith(Directory.EnumerateFiles(text, "*.tmp"));
            await Task.Yield();
        }

        return begun.Count >= wanted;
    }

    /// <summary>Has the mailbox open until the index knows of all messages but those few that it leaves out.</summary>
    private static async Task FeedAsync(CourierServer server, string text)
    {
        using var session = await OpenAsync(server);
        var exists = (await session.AskAsync("SELECT INBOX")).First(line => line.EndsWith(" EXISTS", StringComparison.Ordinal)).Split(' ')[1];
        var wanted = int.Parse(exists, CultureInfo.InvariantCulture) - LeftOut;
        await Eventually.IsAsync("the index is gone on with", () => Indexed(text) >= wanted && Temporary(text) == 0, seconds: (int)Feeding.TotalSeconds);
    }

    private static Task<ImapSession> OpenAsync(CourierServer server) =>
        ImapSession.OpenAsync(new(IPAddress.Loopback, server.Port("imap")), User, FaultRun.Password, CancellationToken.None);

    private void Put(string maildir, int count)
    {
        foreach (var directory in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(Path.Combine(maildir, directory));
        for (var i = 0; i < count; i++)
        {
            var number = ++_files;
            var token = string.Create(CultureInfo.InvariantCulture, $"X{number}");
            var words = string.Concat(Enumerable.Range(0, 120).Select(n => string.Create(CultureInfo.InvariantCulture, $"word{(number * 7919) + n}\n")));
            _texts[token] = $"Subject: number{number}\nX-Token: {token}\n\nunique{number}u\n{(number % 7 == 0 ? "seventh heaven\n" : "")}{words}";
            File.WriteAllText(Path.Combine(maildir, "cur", string.Create(CultureInfo.InvariantCulture, $"1795000000.M{number}P1.host:2,S")), _texts[token]);
        }
    }

    /// <summary>The older ones go.</summary>
    private static async Task ShrinkAsync(CourierServer server, Random random)
    {
        using var session = await OpenAsync(server);
        var exists = (await session.AskAsync("SELECT INBOX")).First(line => line.EndsWith(" EXISTS", StringComparison.Ordinal)).Split(' ')[1];
        var count = int.Parse(exists, CultureInfo.InvariantCulture);
        var gone = (count * 2 / 3) + random.Next(count / 6);
        await session.AskAsync(string.Create(CultureInfo.InvariantCulture, $"STORE 1:{gone} +FLAGS.SILENT (\\Deleted)"));
        await session.AskAsync("EXPUNGE");
    }

    /// <summary>Holds SEARCH against the texts of the messages that are there.</summary>
    private async Task<List<string>> CompareAsync(CourierServer server)
    {
        using var session = await OpenAsync(server);
        await session.AskAsync("SELECT INBOX");
        var there = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in await session.AskAsync("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (X-TOKEN)])"))
        {
            if (Messages.TokenOf(line) is { } token)
                there[line[(line.IndexOf("UID ", StringComparison.Ordinal) + 4)..].Split(' ')[0]] = token;
        }

        Assert.True(there.Count >= Batch, $"{there.Count} messages are there");
        var wrong = new List<string>();
        var tokens = there.Values.ToList();
        List<(string Key, string Word)> asked = [("BODY", "seventh heaven"), ("TEXT", "heaven"), ("BODY", "nowhere at all"), ("TEXT", "number")];
        foreach (var token in (string[])[tokens[0], tokens[tokens.Count / 2], tokens[^1]])
            asked.AddRange([("BODY", $"unique{token[1..]}u"), ("TEXT", $"number{token[1..]}"), ("BODY", $"word{(int.Parse(token[1..], CultureInfo.InvariantCulture) * 7919) + 60}")]);
        foreach (var (key, word) in asked)
        {
            var found = (await session.AskAsync($"UID SEARCH {key} \"{word}\"")).Single(line => line.StartsWith("* SEARCH", StringComparison.Ordinal))["* SEARCH".Length..]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
            var right = there.Where(message => TextOf(message.Value, key).Contains(word, StringComparison.OrdinalIgnoreCase)).Select(message => message.Key).ToHashSet(StringComparer.Ordinal);
            if (!found.SetEquals(right))
                wrong.Add($"SEARCH {key} {word}: {found.Count} instead of {right.Count}; missing {string.Join(',', right.Except(found).Take(10))}, too many {string.Join(',', found.Except(right).Take(10))}");
        }

        return wrong;
    }

    private string TextOf(string token, string key) => key == "TEXT" ? _texts[token] : _texts[token][_texts[token].IndexOf("\n\n", StringComparison.Ordinal)..];
}
