using Courier.Faults.Load;
using Courier.Faults.Server;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>SIGKILL at random moments under load, sometimes in the middle of starting again.</summary>
public sealed class KillRounds(ITestOutputHelper output)
{
    private const int PerState = 50;        // rounds before the Maildirs grow too large to be worth it

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
