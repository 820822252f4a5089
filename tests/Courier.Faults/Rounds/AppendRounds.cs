using System.Text.RegularExpressions;
using Courier.Faults.Server;

namespace Courier.Faults.Rounds;

/// <summary>SIGKILL, wherever it can be in the middle of APPENDs of many messages and of COPYs: all of a command's messages are there, or none (RFC 3502).</summary>
public sealed partial class AppendRounds
{
    private const int Batch = 100;

    [Fact]
    public async Task After_SIGKILL_a_batch_is_there_whole_or_not_at_all()
    {
        var rounds = RunLength.Rounds(quick: 12, whole: 300);
        var random = new Random(RunLength.Seed);
        var partly = 0;
        await using var server = new CourierServer(CourierServer.NewState("append"), FaultRun.MailboxSettings, ["imap"]);
        await server.ImportAccountsAsync(["demo@example.test"], FaultRun.Hash, CancellationToken.None);
        await server.StartAsync(CancellationToken.None);
        var acknowledged = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var round = 0; round < rounds; round++)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            var appending = AppendAsync(server.Port("imap"), $"r{round}", acknowledged, limit.Token);
            await Task.Delay(random.Next(100, 400), limit.Token);
            // In the middle of a batch, if one can be caught there.
            var cur = Path.Combine(server.MaildirOf("demo@example.test"), "cur");
            var until = DateTime.UtcNow.AddSeconds(3);
            while (DateTime.UtcNow < until && (!Directory.Exists(cur) || Directory.EnumerateFiles(cur).Count() % Batch == 0))
            {
            }

            server.Kill();
            await appending;
            partly += Directory.EnumerateFiles(cur).Count() % Batch == 0 ? 0 : 1;
            await server.StartAsync(limit.Token);
            foreach (var (batch, copies) in await CountAsync(server.Port("imap"), limit.Token))
            {
                Assert.True(copies % Batch == 0, $"{copies} messages of batch {batch}, which has {Batch}");
                Assert.True(copies >= acknowledged.GetValueOrDefault(batch) * Batch, $"{copies} messages of batch {batch} after {acknowledged.GetValueOrDefault(batch)} commands that were answered");
            }
        }

        Assert.NotEmpty(acknowledged);
        Assert.True(partly > 0, "no kill came among the renames: this run has shown nothing");
    }

    /// <summary>Appends batch after batch, and copies each, until the server is gone.</summary>
    private static async Task AppendAsync(int port, string name, Dictionary<string, int> acknowledged, CancellationToken ct)
    {
        try
        {
            using var client = await Client.OpenAsync(port, ct);
            await client.AskAsync("SELECT INBOX", ct);
            for (var i = 0; ; i++)
            {
                var batch = $"{name}b{i}";
                var message = $"Subject: {batch}\r\n\r\n{new string('x', 300)}\r\n";
                var reply = await client.AskAsync("APPEND INBOX" + string.Concat(Enumerable.Repeat($" (\\Flagged) {{{message.Length}+}}\r\n{message}", Batch)), ct);
                var placed = AppendUid().Match(reply);
                Assert.True(placed.Success, reply);
                acknowledged[batch] = 1;
                await client.AskAsync($"UID COPY {placed.Groups["set"].Value} INBOX", ct);
                acknowledged[batch] = 2;
            }
        }
        catch (IOException)
        {
            // It was killed.
        }
    }

    private static async Task<Dictionary<string, int>> CountAsync(int port, CancellationToken ct)
    {
        using var client = await Client.OpenAsync(port, ct);
        await client.AskAsync("SELECT INBOX", ct);
        var fetched = await client.AskAsync("FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])", ct);
        return Subject().Matches(fetched).GroupBy(match => match.Groups["batch"].Value, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
    }

    [GeneratedRegex(@"APPENDUID \d+ (?<set>[0-9:,]+)\]", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex AppendUid();

    [GeneratedRegex(@"^Subject: (?<batch>\w+)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 5000)]
    private static partial Regex Subject();
}
