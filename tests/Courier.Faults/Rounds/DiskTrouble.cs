using Courier.Faults.Load;
using Courier.Faults.Storage;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>A round in which the disk takes no more writes while mail comes in: mail is put off, never refused for good, the server stays up, and nothing
/// that was acknowledged is lost when the disk is repaired.</summary>
internal sealed record DiskTrouble(string Name, LoopDisk Disk, Action Begin, Action Mend)
{
    /// <summary>Sections of courier.conf before that of the queue.</summary>
    internal string Settings { get; init; } = "";

    /// <summary>Octets of each message.</summary>
    internal required Func<Random, int> Size { get; init; }

    internal async Task RunAsync(ITestOutputHelper output)
    {
        await using var run = await FaultRun.CreateAsync(
            Path.Combine(Disk.MountPoint, "state"), Settings + "[queue]\nretry_first = 1s\nretry_round_wait = 2s\nretry_doublings = 2\n", RunLength.Seed, output);
        await run.Server.StartAsync(CancellationToken.None);
        var plan = new LoadPlan(4, run.Local, 2, TimeSpan.FromMilliseconds(20), Size);
        await using (var load = new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, run.Random.Next()).RunAsync).Start())
        {
            await Eventually.IsAsync("mail is accepted", () => run.Ledger.Acknowledged >= 50, seconds: 60);
            Begin();
            await Eventually.IsAsync("mail is put off", () => run.Ledger.Refusals.Count() >= 20, seconds: 60);
        }

        Assert.All(run.Ledger.Refusals, reply => Assert.StartsWith("4", reply, StringComparison.Ordinal));
        Assert.True(run.Server.IsRunning, $"the server ended on a {Name}\n{run.Server.LogText}");
        run.Server.Kill();
        Mend();
        Disk.PowerOn();
        await run.Server.StartAsync(CancellationToken.None);
        await run.DrainAsync();
        await run.ConcludeAsync(Name, 1, run.Audit.Judge(run.Ledger));
    }
}
