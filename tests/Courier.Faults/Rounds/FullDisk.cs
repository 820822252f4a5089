using Courier.Faults.Load;
using Courier.Faults.Storage;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>A disk that fills up: mail is put off, never refused for good, never lost; with space comes service.</summary>
public sealed class FullDisk(ITestOutputHelper output)
{
    private const string ImapUser = "imap0@" + FaultRun.Domain;
    private static readonly TimeSpan RecoveryTime = TimeSpan.FromSeconds(30);

    [ToolFact(LoopDisk.Root, "mkfs.ext4", "e2fsck", "mount")]
    public async Task A_full_disk_gives_temporary_refusals_and_loses_nothing()
    {
        using var disk = new LoopDisk(128);
        await using var run = await FaultRun.CreateAsync(Path.Combine(disk.MountPoint, "state"), "[queue]\nretry_first = 1s\nretry_round_wait = 2s\nretry_doublings = 2\n", RunLength.Seed, output, ImapUser);
        var imap = new ImapLoad(run.Imap, ImapUser, FaultRun.Password, run.Seed);
        await run.Server.StartAsync(CancellationToken.None);
        var filler = Path.Combine(disk.MountPoint, "filler");
        await using (var file = File.Create(filler))
        {
            var chunk = new byte[64 * 1024];
            while (disk.FreeBytes > 8 * 1024 * 1024)
            {
                await file.WriteAsync(chunk);
                await file.FlushAsync();
            }
        }
        await LoadUntilAsync(run, imap, () => run.Ledger.Refusals.Count() >= 20 && imap.Refusals.Count >= 10, TimeSpan.FromSeconds(60));
        Assert.True(run.Ledger.Refusals.Count() >= 20, $"the disk never filled up; {run.Ledger.Acknowledged} acknowledged, {disk.FreeBytes} bytes free");
        Assert.True(imap.Refusals.Count >= 10, "APPEND was never refused");
        Assert.All(run.Ledger.Refusals, reply => Assert.StartsWith("4", reply, StringComparison.Ordinal));
        Assert.True(run.Server.IsRunning, "the server ended on a full disk\n" + run.Server.LogText);

        File.Delete(filler);
        var (before, appended) = (run.Ledger.Acknowledged, imap.Appended);
        await LoadUntilAsync(run, imap, () => run.Ledger.Acknowledged >= before + 20 && imap.Appended >= appended + 5, RecoveryTime);
        Assert.True(run.Ledger.Acknowledged >= before + 20 && imap.Appended >= appended + 5, $"no service within {RecoveryTime} after space came back\n{run.Server.LogText}");
        await run.DrainAsync();
        await run.RequireAsync([imap], round: 1);
        await run.ConcludeAsync("full disk", 1, run.Audit.Judge(run.Ledger));
    }

    private static async Task LoadUntilAsync(FaultRun run, ImapLoad imap, Func<bool> isEnough, TimeSpan limit)
    {
        var plan = new LoadPlan(4, run.Local, 2, TimeSpan.FromMilliseconds(20), random => 50_000 + random.Next(100_000));
        await using var load = new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, run.Random.Next()).RunAsync).Start();
        await using var client = new Background(ct => Task.Run(() => imap.RunAsync(ct), CancellationToken.None)).Start();
        var start = TimeProvider.System.GetTimestamp();
        while (!isEnough() && TimeProvider.System.GetElapsedTime(start) < limit)
            await Task.Delay(50);
    }
}
