using Courier.Faults.Load;
using Courier.Faults.Server;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>No file descriptors left for moments at a time, in the middle of the work of SMTP and IMAP: whatever needs a file or a connection then fails.</summary>
public sealed class DescriptorRounds(ITestOutputHelper output)
{
    private const int Moments = 6;              // without descriptors, in each round

    [Fact]
    public async Task Moments_without_descriptors_give_temporary_refusals_and_lose_nothing()
    {
        var rounds = RunLength.Rounds(quick: 3, whole: 200);
        var seed = RunLength.Seed;
        string[] imapUsers = ["imap0@" + FaultRun.Domain, "imap1@" + FaultRun.Domain];
        await using var run = await FaultRun.CreateAsync(
            CourierServer.NewState("descriptors"), "[queue]\nretry_first = 1s\nretry_round_wait = 2s\nretry_doublings = 2\n", seed, output, imapUsers);
        var imap = imapUsers.Select((user, i) => new ImapLoad(run.Imap, user, FaultRun.Password, seed + i)).ToList();
        await run.Server.StartAsync(CancellationToken.None);
        for (var round = 1; round <= rounds; round++)
        {
            await WithoutDescriptorsUnderLoadAsync(run, imap, round);
            if (round % 2 == 0)
            {
                run.Server.Kill();
                await run.Server.StartAsync(CancellationToken.None);
                await run.ReachAllAsync();
            }

            await run.DrainAsync();
            run.Require(run.Audit.Judge(run.Ledger));
            await run.RequireAsync(imap, round);
        }

        Assert.All(run.Ledger.Refusals, reply => Assert.StartsWith("4", reply, StringComparison.Ordinal));
        Assert.All(imap.SelectMany(client => client.Refusals), answer => Assert.DoesNotContain(" BAD ", answer, StringComparison.Ordinal));
        run.Say($"{run.Ledger.Refusals.Count()} refusals; IMAP: {imap.Sum(client => client.Appended)} appended, {imap.Sum(client => client.Refusals.Count)} refused");
        Assert.True(run.Ledger.Refusals.Any() && imap.Any(client => client.Refusals.Count > 0), "nothing has failed, so nothing was tested");
        await run.ConcludeAsync("no descriptors under load", rounds, run.Audit.Judge(run.Ledger));
    }

    private static async Task WithoutDescriptorsUnderLoadAsync(FaultRun run, List<ImapLoad> imap, int round)
    {
        var plan = new LoadPlan(6, run.Local, 3, TimeSpan.FromMilliseconds(20), Messages.RandomSize);
        await using var smtp = new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, run.Seed * 100 + round).RunAsync).Start();
        await using var clients = new Background(ct => Task.WhenAll(imap.Select(client => Task.Run(() => client.RunAsync(ct), CancellationToken.None)))).Start();
        await ServedAsync(run, imap);
        for (var moment = 0; moment < Moments; moment++)
        {
            DescriptorLimit.Take(run.Server.ProcessId, DescriptorLimit.Open(run.Server.ProcessId) + run.Random.Next(-20, 4));
            await Task.Delay(run.Between(50, 1500));
            Assert.True(run.Server.IsRunning, $"seed {run.Seed}: the server ended\n{run.Server.LogText}");
            DescriptorLimit.GiveBack(run.Server.ProcessId);
            if (moment % 2 == 1)
                await ServedAsync(run, imap);
            await Task.Delay(run.Between(0, 300));
        }

        await ServedAsync(run, imap);
    }

    /// <summary>Both kinds of client get their messages taken again.</summary>
    private static async Task ServedAsync(FaultRun run, List<ImapLoad> imap)
    {
        var (acknowledged, appended) = (run.Ledger.Acknowledged, imap.Sum(client => client.Appended));
        await Eventually.IsAsync(
            "service\n" + string.Join('\n', run.Ledger.Refusals.TakeLast(3)) + "\n" + run.Server.LogText,
            () => run.Ledger.Acknowledged >= acknowledged + 5 && imap.Sum(client => client.Appended) > appended, seconds: 30);
    }
}
