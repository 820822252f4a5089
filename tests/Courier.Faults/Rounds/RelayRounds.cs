using Courier.Faults.Load;
using Courier.Faults.Server;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>Relaying through crashes: at least once, and more often only for what was on its way at that moment.</summary>
public sealed class RelayRounds(ITestOutputHelper output)
{
    private const int Kills = 5;

    [Fact]
    public async Task Everything_taken_for_relay_arrives_though_the_server_is_killed_five_times()
    {
        var messages = RunLength.IsLong ? 10_000 : 3_000;
        await using var sink = new TokenSink();
        var settings = $"[relay]\nnetworks = 127.0.0.0/8\nnext_hop = 127.0.0.1:{sink.Port}\n[queue]\nretry_first = 1s\nretry_round_wait = 2s\nretry_doublings = 2\n";
        await using var run = await FaultRun.CreateAsync(CourierServer.NewState("relay"), settings, RunLength.Seed, output);
        await run.Server.StartAsync(CancellationToken.None);
        var recipients = Enumerable.Range(0, 50).Select(n => $"far{n}@sink.test").ToList();
        var plan = new LoadPlan(10, recipients, 1, TimeSpan.Zero, random => 1024 + random.Next(8192)) { Messages = messages };
        var load = new SmtpLoad(run.Smtp, plan, run.Ledger, run.Seed);
        var sending = load.RunAsync(CancellationToken.None);
        for (var kill = 1; kill <= Kills; kill++)
        {
            // Spread over the run by what has arrived, so that slow and fast machines are hit alike.
            while (sink.Received.Count < messages * kill / (Kills + 1))
                await Task.Delay(5);
            await Task.Delay(run.Between(0, 50));
            run.Server.Kill();
            await run.Server.StartAsync(CancellationToken.None);
        }
        await sending;
        await run.DrainAsync();
        var verdict = run.Audit.Judge(run.Ledger, sink);
        var bound = Kills * sink.PeakConnections;
        run.Say($"{sink.Received.Count} messages arrived, {verdict.RelayedTwice} came twice; at most {bound} may ({Kills} kills × {sink.PeakConnections} connections)");
        Assert.Equal(0, sink.Torn);
        Assert.True(verdict.RelayedTwice <= bound, $"seed {run.Seed}: {verdict.RelayedTwice} messages came twice, at most {bound} were on their way");
        Assert.DoesNotContain(sink.Received.Keys, key => run.Ledger.Find(key.Token) is null or { Outcome: Outcome.NotAccepted });
        await run.ConcludeAsync("relay, killed 5 times", Kills, verdict);
    }
}
