using System.Text;
using Courier.Faults.Server;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>SIGKILL at every step of the commands that change mailboxes, beside a running server: the next run brings it to its end, and every message is there once.</summary>
public sealed class UpkeepRounds(ITestOutputHelper output)
{
    private const string Folder = "Gone";
    private const int FolderMessages = 12;
    private const int Tries = 10;

    [ToolFact(KilledCommand.Tool)]
    public Task An_import_of_an_mbox_that_was_killed_is_gone_on_with() => RunAsync("import of an mbox", async account =>
    {
        account.Put(account.Maildir, 5);
        await account.LookAsync();
        return ["import", account.Address, "--from", account.PutMbox(20)];
    });

    [ToolFact(KilledCommand.Tool)]
    public Task An_import_of_a_Maildir_that_was_killed_is_gone_on_with() => RunAsync("import of a Maildir", account =>
    {
        var source = Path.Combine(Path.GetDirectoryName(account.Maildir)!, "Other");
        var uids = new StringBuilder("3 V1790000000 N50 G0123456789abcdef0123456789abcdef\n");
        foreach (var (name, i) in account.Put(source, 15).Select((name, i) => (name, i)))
            uids.Append(System.Globalization.CultureInfo.InvariantCulture, $"{(i * 2) + 1} :{name}\n");
        File.WriteAllText(Path.Combine(source, "dovecot-uidlist"), uids.ToString());
        account.Put(Path.Combine(source, ".Old"), 8);
        account.Folder("Old");
        Directory.Delete(Path.Combine(account.Maildir, ".Old"), recursive: true);
        MakeMaildir(account);
        return Task.FromResult<string[]>(["import", account.Address, "--from", source]);
    });

    [ToolFact(KilledCommand.Tool)]
    public Task A_repair_that_was_killed_is_gone_on_with() => RunAsync("repair", async account =>
    {
        // What Courier left long ago, and taken over: whoever took it over again would give UIDs a second time.
        var list = new StringBuilder("1 1790000000 11\n");
        foreach (var (name, i) in account.Put(account.Maildir, 10).Select((name, i) => (name, i)))
            list.Append(System.Globalization.CultureInfo.InvariantCulture, $"{i + 1} {name}\n");
        await File.WriteAllTextAsync(Path.Combine(account.Maildir, "courierimapuiddb"), list.ToString());
        await account.LookAsync();
        account.Put(account.Maildir, 12);
        await account.LookAsync();
        await account.ExpungeAsync("18:22", isMissed: false);
        var uids = Path.Combine(account.Maildir, "courier", "uids");
        var text = await File.ReadAllTextAsync(uids);
        await File.WriteAllTextAsync(uids, "?" + text[1..]);
        File.Move(Directory.EnumerateFiles(Path.Combine(account.Maildir, "cur")).First(), Path.Combine(account.Maildir, "cur", "1795000001.M1P1.host,S=1:2,S"));
        return ["repair", account.Address];
    }, isServed: false);

    [ToolFact(KilledCommand.Tool)]
    public Task An_undelete_of_messages_that_was_killed_is_gone_on_with() => RunAsync("undelete of messages", async account =>
    {
        account.Put(account.Maildir, 20);
        await account.LookAsync();
        await account.ExpungeAsync("3:17", isMissed: true);
        return ["undelete", account.Address, "--mailbox", "INBOX"];
    });

    [ToolFact(KilledCommand.Tool)]
    public Task An_undelete_of_a_mailbox_that_was_killed_is_gone_on_with() => RunAsync("undelete of a mailbox", async account =>
    {
        account.Put(account.Maildir, 3);
        account.Put(account.Folder(Folder), FolderMessages);
        await account.LookAsync();
        await DeleteFolderAsync(account);
        return ["undelete", account.Address, "--mailbox", Folder];
    });

    [ToolFact(KilledCommand.Tool)]
    public Task A_purge_that_was_killed_leaves_no_half_of_a_mailbox_to_be_had_back() => RunAsync("purge", async account =>
    {
        account.Put(account.Maildir, 12);
        await account.LookAsync();
        await account.ExpungeAsync("4:9", isMissed: false);
        var kept = account.Ledger.All.ToList();
        account.Put(account.Folder(Folder), FolderMessages);
        await account.LookAsync();
        await DeleteFolderAsync(account);
        foreach (var gone in account.Ledger.All.Except(kept).ToList())
            account.Ledger.Record(gone with { Outcome = Load.Outcome.NotAccepted });
        return ["purge", account.Address, "--older-than", "0s"];
    }, async (server, account) =>
    {
        var offered = await server.RunAsync(["mailbox", "undelete", account.Address, "--list"], CancellationToken.None);
        return offered.Split('\n').Where(line => line.Contains("the mailbox,", StringComparison.Ordinal) && !line.Contains($"the mailbox, {FolderMessages} messages", StringComparison.Ordinal))
            .Select(line => $"half of it is offered: {line}");
    });

    private static void MakeMaildir(UpkeepAccount account)
    {
        foreach (var directory in (string[])["cur", "new", "tmp"])
            Directory.CreateDirectory(Path.Combine(account.Maildir, directory));
    }

    private static async Task DeleteFolderAsync(UpkeepAccount account)
    {
        using var session = await account.OpenAsync();
        await session.AskAsync($"DELETE INBOX.{Folder}");
    }

    /// <param name="what">For the report.</param>
    /// <param name="prepare">Makes what an account has before; answers with the words after `courier mailbox`.</param>
    /// <param name="lookBetween">What is wrong after a kill, before the next run.</param>
    /// <param name="isServed">A server has the mailbox in memory meanwhile; else there is nothing but what lies on the disk.</param>
    private async Task RunAsync(
        string what, Func<UpkeepAccount, Task<string[]>> prepare, Func<CourierServer, UpkeepAccount, Task<IEnumerable<string>>>? lookBetween = null, bool isServed = true)
    {
        var rounds = RunLength.Rounds(quick: isServed ? 2 : 1, whole: 200);
        var seed = RunLength.Seed;
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        await using var server = new CourierServer(CourierServer.NewState("upkeep"), FaultRun.MailboxSettings, ["imap"]);
        await server.ImportAccountsAsync(Enumerable.Range(0, Math.Max(rounds, Tries) + 1).Select(n => $"u{n}@example.test"), FaultRun.Hash, CancellationToken.None);
        await server.StartAsync(CancellationToken.None);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(RunLength.IsLong ? 60 : 5));
        var steps = await RehearseAsync();
        var killed = 0;
        for (var round = 1; round <= rounds || (killed == 0 && round <= Tries); round++)
        {
            var account = new UpkeepAccount(server, $"u{round}@example.test");
            var command = await CommandOf(account);
            // Now and then the second run is killed as well.
            for (var again = true; again; again = random.Next(3) == 0)
            {
                var step = steps[random.Next(steps.Count)];
                await PauseAsync();
                killed += await command.KillAsync(step, limit.Token) ? 1 : 0;
                await ResumeAsync();
                var complaints = await account.LookAsync();
                complaints.AddRange(lookBetween is null ? [] : await lookBetween(server, account));
                Assert.True(complaints.Count == 0, $"seed {seed}, round {round}, killed at {step}:\n{string.Join('\n', complaints)}");
                output.WriteLine($"{round}: {step}");
            }

            await PauseAsync();
            await command.FinishAsync(limit.Token);
            await ResumeAsync();
            var broken = await account.JudgeAsync();
            Assert.True(broken.Count == 0, $"seed {seed}, round {round}: {broken.Count} broken promises\n{string.Join('\n', broken.Take(30))}\n{server.LogText}");
        }

        Assert.True(killed > 0, "nothing was killed, so nothing was tested");
        output.WriteLine($"{what}: {rounds} rounds, {killed} kills, at {steps.Count} steps");

        async Task<IReadOnlyList<Step>> RehearseAsync()
        {
            var account = new UpkeepAccount(server, "u0@example.test");
            var command = await CommandOf(account);
            await PauseAsync();
            var found = await command.RehearseAsync(line => line.Contains(account.Maildir, StringComparison.Ordinal), limit.Token);
            await ResumeAsync();
            var broken = await account.JudgeAsync();
            Assert.True(broken.Count == 0, $"without a kill: {string.Join('\n', broken.Take(30))}\n{server.LogText}");
            return found;
        }

        async Task PauseAsync()
        {
            if (!isServed)
                await server.StopAsync();
        }

        Task ResumeAsync() => isServed ? Task.CompletedTask : server.StartAsync(limit.Token);

        async Task<KilledCommand> CommandOf(UpkeepAccount account) => new(server, ["mailbox", .. await prepare(account)]);
    }
}
