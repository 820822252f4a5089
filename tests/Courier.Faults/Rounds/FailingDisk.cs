using Courier.Faults.Load;
using Courier.Faults.Storage;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>A disk whose writes fail at the sync though its file system has room: what cannot be kept is put off, never refused for good, and nothing that was acknowledged is lost.</summary>
public sealed class FailingDisk(ITestOutputHelper output)
{
    [ToolFact(LoopDisk.Root, "mkfs.ext4", "e2fsck", "mount")]
    public async Task A_disk_with_write_errors_gives_temporary_refusals_and_loses_nothing()
    {
        using var memory = new SmallTmpfs(64);
        using var disk = new LoopDisk(512, memory.Directory);
        await using var run = await FaultRun.CreateAsync(Path.Combine(disk.MountPoint, "state"), "[limits]\nfree_space = 1MiB\n[queue]\nretry_first = 1s\nretry_round_wait = 2s\nretry_doublings = 2\n", RunLength.Seed, output);
        await run.Server.StartAsync(CancellationToken.None);
        var plan = new LoadPlan(4, run.Local, 2, TimeSpan.FromMilliseconds(20), random => 50_000 + random.Next(100_000));
        await using (var load = new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, run.Random.Next()).RunAsync).Start())
        {
            await Eventually.IsAsync("mail is accepted", () => run.Ledger.Acknowledged >= 50, seconds: 60);
            memory.Fail();
            await Eventually.IsAsync("mail is put off", () => run.Ledger.Refusals.Count() >= 20, seconds: 60);
        }

        Assert.All(run.Ledger.Refusals, reply => Assert.StartsWith("4", reply, StringComparison.Ordinal));
        Assert.True(run.Server.IsRunning, "the server ended on a disk with write errors\n" + run.Server.LogText);
        run.Server.Kill();
        memory.Mend();
        disk.PowerOn();
        await run.Server.StartAsync(CancellationToken.None);
        await run.DrainAsync();
        await run.ConcludeAsync("failing disk", 1, run.Audit.Judge(run.Ledger));
    }
}
