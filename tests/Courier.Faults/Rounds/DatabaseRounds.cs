using Courier.Faults.Load;
using Courier.Faults.Server;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>The database of the queue goes away under load and comes back: mail is put off meanwhile, and nothing that was acknowledged is lost.</summary>
public sealed class DatabaseRounds(ITestOutputHelper output)
{
    [PostgreSqlFact]
    public async Task A_database_that_goes_away_puts_mail_off_and_loses_none()
    {
        var rounds = RunLength.Rounds(quick: 2, whole: 50);
        var cluster = await PostgreSqlCluster.SharedAsync();
        var database = await cluster.CreateDatabaseAsync();
        var settings = $"[queue]\ndriver = postgresql\nconnection = {cluster.Connection(database)}\npassword_file = {cluster.PasswordFile}\nnode = alone\nlease = 3s\nretry_first = 1s\nretry_round_wait = 2s\nretry_doublings = 2\n";
        await using var run = await FaultRun.CreateAsync(CourierServer.NewState("database"), settings, RunLength.Seed, output);
        await run.Server.StartAsync(CancellationToken.None);
        var plan = new LoadPlan(6, run.Local, 3, TimeSpan.FromMilliseconds(20), random => 1024 + random.Next(60_000));
        for (var round = 1; round <= rounds; round++)
        {
            await using var load = Load(run, plan, round);
            await AcceptedAsync(run, 20);
            await Task.Delay(run.Between(0, 500));
            var refused = run.Ledger.Refusals.Count();
            await cluster.StopAsync();
            await Eventually.IsAsync("mail is put off", () => run.Ledger.Refusals.Count() >= refused + 5, seconds: 60);
            await Task.Delay(run.Between(0, 4000));         // past the lease, at times
            await cluster.StartAgainAsync();
            await AcceptedAsync(run, 20);
            Assert.True(run.Server.IsRunning, $"seed {run.Seed}: the server ended\n{run.Server.LogText}");
        }

        Assert.All(run.Ledger.Refusals, reply => Assert.StartsWith("4", reply, StringComparison.Ordinal));
        await run.DrainAsync();
        // Copies whose commit as staged failed stay until the next start: the database may have it. That start sweeps each Maildir before it delivers there.
        Assert.Equal(0, await run.Server.StopAsync());
        await run.Server.StartAsync(CancellationToken.None);
        await using (Load(run, plan, 0))
            await AcceptedAsync(run, 100);
        await run.DrainAsync();
        await run.ConcludeAsync("PostgreSQL stopped and started", rounds, run.Audit.Judge(run.Ledger));
    }

    private static Background Load(FaultRun run, LoadPlan plan, int round) => new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, run.Seed * 100 + round).RunAsync).Start();

    private static Task AcceptedAsync(FaultRun run, int count)
    {
        var before = run.Ledger.Acknowledged;
        return Eventually.IsAsync("mail is accepted", () => run.Ledger.Acknowledged >= before + count, seconds: 60);
    }
}
