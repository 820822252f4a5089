using Courier.Faults.Load;
using Courier.Faults.Server;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>SIGKILL at random moments under load, sometimes in the middle of starting again.</summary>
public sealed class KillRounds(ITestOutputHelper output)
{
    private const int PerState = 50;        // rounds before the Maildirs grow too large to be worth it

    /// <summary>Answers that were due are given, connections end, the disk has all: long before anybody who waits gives up.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_server_that_is_asked_to_end_under_load_does_so_soon_and_loses_nothing()
    {
        var rounds = RunLength.Rounds(quick: 5, whole: 200);
        await using var run = await FaultRun.CreateAsync(CourierServer.NewState("stop"), "", RunLength.Seed, output);
        var plan = new LoadPlan(8, run.Local, 3, TimeSpan.FromMilliseconds(10), Messages.RandomSize);
        await using var load = new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, run.Seed).RunAsync).Start();
        var longest = TimeSpan.Zero;
        for (var round = 1; round <= rounds; round++)
        {
            await run.Server.StartAsync(CancellationToken.None);
            var before = run.Ledger.Acknowledged;
            await Eventually.IsAsync("mail is accepted", () => run.Ledger.Acknowledged > before, seconds: 60);
            await Task.Delay(run.Between(0, 1000));
            var asked = TimeProvider.System.GetTimestamp();
            Assert.Equal(0, await run.Server.StopAsync());
            var took = TimeProvider.System.GetElapsedTime(asked);
            longest = took > longest ? took : longest;
        }

        await load.StopAsync();
        run.Say($"SIGTERM under load: at most {longest.TotalSeconds:F2} s");
        Assert.True(longest < StopTime, $"it took {longest}");
        await run.Server.StartAsync(CancellationToken.None);
        await run.DrainAsync();
        await run.ConcludeAsync("SIGTERM", rounds, run.Audit.Judge(run.Ledger));
    }

    [Fact]
    public async Task No_acknowledged_message_is_lost_or_doubled_by_SIGKILL()
    {
        var rounds = RunLength.Rounds(quick: 20, whole: 1000);
        var seed = RunLength.Seed;
        for (var done = 0; done < rounds; done += PerState)
            await RunAsync(Math.Min(PerState, rounds - done), seed + done);
    }

    private async Task RunAsync(int rounds, int seed)
    {
        await using var run = await FaultRun.CreateAsync(CourierServer.NewState("kill"), "", seed, output);
        await run.Server.StartAsync(CancellationToken.None);
        var plan = new LoadPlan(8, run.Local, 3, TimeSpan.FromMilliseconds(10), Messages.RandomSize);
        await using (var load = new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, seed).RunAsync).Start())
        {
            for (var round = 1; round <= rounds; round++)
            {
                await Task.Delay(run.Between(100, 1500));
                run.Server.Kill();
                if (run.Random.Next(4) == 0)
                {
                    run.Server.StartOnly();
                    await Task.Delay(run.Between(0, 800));
                    run.Server.Kill();
                }
                await run.Server.StartAsync(CancellationToken.None);
            }
            await load.StopAsync();
        }
        await run.DrainAsync();
        await run.ConcludeAsync("kill -9", rounds, run.Audit.Judge(run.Ledger));
    }
}
