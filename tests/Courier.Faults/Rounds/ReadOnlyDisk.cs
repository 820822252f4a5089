using Courier.Faults.Load;
using Courier.Faults.Storage;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>A file system that an error has made read-only, as Linux does by default: mail is put off, never refused for good, and nothing
/// that was acknowledged is lost when the disk is repaired.</summary>
public sealed class ReadOnlyDisk(ITestOutputHelper output)
{
    [ToolFact(LoopDisk.Root, "mkfs.ext4", "e2fsck", "mount")]
    public async Task A_disk_that_becomes_read_only_gives_temporary_refusals_and_loses_nothing()
    {
        using var disk = new LoopDisk(512);
        await using var run = await FaultRun.CreateAsync(Path.Combine(disk.MountPoint, "state"), "[queue]\nretry_first = 1s\nretry_round_wait = 2s\nretry_doublings = 2\n", RunLength.Seed, output);
        await run.Server.StartAsync(CancellationToken.None);
        var plan = new LoadPlan(4, run.Local, 2, TimeSpan.FromMilliseconds(20), random => 1_000 + random.Next(50_000));
        await using (var load = new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, run.Random.Next()).RunAsync).Start())
        {
            await Eventually.IsAsync("mail is accepted", () => run.Ledger.Acknowledged >= 50, seconds: 60);
            disk.GoReadOnly();
            await Eventually.IsAsync("mail is put off", () => run.Ledger.Refusals.Count() >= 20, seconds: 60);
        }

        Assert.All(run.Ledger.Refusals, reply => Assert.StartsWith("4", reply, StringComparison.Ordinal));
        Assert.True(run.Server.IsRunning, "the server ended on a disk that became read-only\n" + run.Server.LogText);
        run.Server.Kill();
        disk.PowerOn();
        await run.Server.StartAsync(CancellationToken.None);
        await run.DrainAsync();
        await run.ConcludeAsync("read-only disk", 1, run.Audit.Judge(run.Ledger));
    }
}
