using Courier.Faults.Load;
using Courier.Faults.Server;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>Accounts are removed and made again while mail for them comes in: each message is delivered, or its sender is told; none vanishes, and the server goes on.</summary>
public sealed class RemovedAccountRounds(ITestOutputHelper output)
{
    private const string Sender = "load@example.org";

    [Fact]
    public async Task Mail_for_an_account_that_is_removed_meanwhile_is_delivered_or_goes_back()
    {
        var rounds = RunLength.Rounds(quick: 6, whole: 400);
        await using var sink = new TokenSink();
        // What was accepted waits a moment, so that some of it comes to be delivered when its account is gone.
        var settings = $"[relay]\nroute.example.org = 127.0.0.1:{sink.Port}\n[queue]\nsubmit_delay = 300ms\nretry_first = 1s\nretry_round_wait = 2s\n";
        await using var run = await FaultRun.CreateAsync(CourierServer.NewState("remove"), settings, RunLength.Seed, output);
        await run.Server.StartAsync(CancellationToken.None);
        var plan = new LoadPlan(4, run.Local, 1, TimeSpan.FromMilliseconds(20), Messages.RandomSize);
        var process = run.Server.ProcessId;
        await using (var load = new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, run.Seed).RunAsync).Start())
        {
            for (var round = 1; round <= rounds; round++)
            {
                await Task.Delay(run.Between(50, 300));
                var address = run.Local[run.Random.Next(run.Local.Count)];
                await run.Server.RunAsync(["account", "remove", address], CancellationToken.None);
                await Task.Delay(run.Between(0, 600));
                await run.Server.RunAsync(["account", "add", address, "--maildir", run.Server.MaildirOf(address), "--password-hash", FaultRun.Hash], CancellationToken.None);
            }

            var before = run.Ledger.Acknowledged;
            await Courier.Testing.Processes.Eventually.IsAsync("mail is accepted", () => run.Ledger.Acknowledged > before + 20, seconds: 20);
            await load.StopAsync();
        }

        await run.DrainAsync();
        Assert.True(run.Server.IsRunning && run.Server.ProcessId == process, "the server has ended");
        var verdict = run.Audit.Judge(run.Ledger);
        var told = sink.Received.Keys.Where(key => key.Recipient == Sender).Select(key => key.Token).ToHashSet(StringComparer.Ordinal);
        // Lost is what was neither delivered nor told of; both at once is one too many.
        var complaints = verdict.Complaints.Where(complaint => !(complaint.StartsWith("lost: ", StringComparison.Ordinal) && told.Contains(complaint.Split(' ')[1]))).ToList();
        var lost = verdict.Complaints.Where(complaint => complaint.StartsWith("lost: ", StringComparison.Ordinal)).Select(complaint => complaint.Split(' ')[1]).ToHashSet(StringComparer.Ordinal);
        complaints.AddRange(told.Where(token => run.Ledger.Find(token) is { Outcome: Outcome.Acknowledged } && !lost.Contains(token)).Select(token => $"delivered, and its sender was told that it was not: {token}"));
        run.Say($"{told.Count} messages went back to their sender, {run.Ledger.Refusals.Count(reply => reply.StartsWith("550", StringComparison.Ordinal))} recipients were refused");
        await run.ConcludeAsync("account removed", rounds, verdict with { Lost = complaints.Count(complaint => complaint.StartsWith("lost: ", StringComparison.Ordinal)), Complaints = complaints });
        Assert.True(told.Count > 0, "no message came for an account that was gone: this run has shown nothing");
        Assert.DoesNotContain(run.Ledger.Refusals, reply => reply[0] == '5' && !reply.StartsWith("550", StringComparison.Ordinal));
    }
}
