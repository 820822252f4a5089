using System.Globalization;
using Courier.Faults.Audit;
using Courier.Faults.Load;
using Courier.Faults.Server;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>SIGKILL at every step of `courier queue import`, with and without a running server: the next run goes on, and no message is lost.</summary>
public sealed class QueueImportRounds(ITestOutputHelper output)
{
    private const int Files = 8;
    private const int Tries = 10;

    [ToolFact(KilledCommand.Tool)]
    public Task An_import_into_the_spool_that_was_killed_is_gone_on_with() => RunAsync(isRunning: false);

    [ToolFact(KilledCommand.Tool)]
    public Task An_import_through_the_server_that_was_killed_is_gone_on_with() => RunAsync(isRunning: true);

    private async Task RunAsync(bool isRunning)
    {
        var rounds = RunLength.Rounds(quick: 2, whole: 200);
        await using var run = await FaultRun.CreateAsync(CourierServer.NewState("import"), "", RunLength.Seed, output);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(RunLength.IsLong ? 60 : 5));
        if (isRunning)
            await run.Server.StartAsync(limit.Token);
        var steps = await Command(run, 0).RehearseAsync(static line =>
            line.Contains("/messages", StringComparison.Ordinal) || line.Contains("/spool", StringComparison.Ordinal) || line.Contains(" send", StringComparison.Ordinal), limit.Token);
        var kills = 0;
        // Sends go from one thread to another, and so their numbers are not the same each time: a run that came to its end is no round.
        for (var round = 1; kills < rounds && round <= rounds * Tries; round++)
        {
            var command = Command(run, round);
            for (var again = true; again; again = run.Random.Next(3) == 0)
            {
                var step = steps[run.Random.Next(steps.Count)];
                kills += await command.KillAsync(step, limit.Token) ? 1 : 0;
                output.WriteLine($"{round}: {step}");
            }

            await command.FinishAsync(limit.Token);
        }

        if (!isRunning)
            await run.Server.StartAsync(limit.Token);
        await run.DrainAsync(limit.Token);
        var verdict = run.Audit.Judge(run.Ledger);
        // Between the commit and the new name of the file only the one message can be doubled that a kill has met.
        Assert.True(verdict.Duplicated <= kills, $"{verdict.Duplicated} messages came twice after {kills} kills");
        await run.ConcludeAsync(isRunning ? "kill -9 of an import, server running" : "kill -9 of an import", rounds, verdict with
        {
            Complaints = [.. verdict.Complaints.Where(complaint => !complaint.StartsWith("duplicated", StringComparison.Ordinal))],
        });
        Assert.True(kills > 0, "nothing was killed, so nothing was tested");
        output.WriteLine($"{kills} kills at {steps.Count} steps");
    }

    /// <summary>Files as `courier queue export` writes them, and the command that takes them.</summary>
    private static KilledCommand Command(FaultRun run, int round)
    {
        var directory = Directory.CreateDirectory(Path.Combine(run.Server.State, string.Create(CultureInfo.InvariantCulture, $"messages{round}"))).FullName;
        var paths = new List<string>();
        for (var i = 0; i < Files; i++)
        {
            var sent = new Sent($"I{round:x}.{i}.{Guid.NewGuid():N}", [run.Local[i]], Outcome.Acknowledged);
            run.Ledger.Record(sent);
            paths.Add(Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{i}.message")));
            File.WriteAllText(paths[^1], $"courier-message 1\nS load@example.org\nR {run.Local[i]}\t\t\n\n{Messages.Text(sent.Token, i % 4 == 3 ? 200_000 : 2000)}");
        }

        return new(run.Server, ["queue", "import", .. paths]);
    }
}
