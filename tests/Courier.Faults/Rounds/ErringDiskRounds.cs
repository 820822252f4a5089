using Courier.Faults.Load;
using Courier.Faults.Storage;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>A device that answers writes with EIO for moments at a time, under SMTP and IMAP load, and then the power goes: what the kernel has
/// only in memory by then, because it gave up writing it, is lost.</summary>
public sealed class ErringDiskRounds(ITestOutputHelper output)
{
    private const int DiskMegabytes = 2048;
    private const int Moments = 4;              // of trouble in each round
    private static readonly TimeSpan Reading = TimeSpan.FromMilliseconds(100);

    private volatile bool _isWithoutPower;

    [ToolFact(LoopDisk.Root, ErringImage.Device, "mkfs.ext4", "e2fsck", "mount", "debugfs")]
    public async Task Moments_of_write_errors_give_temporary_refusals_and_lose_nothing()
    {
        var rounds = RunLength.Rounds(quick: 3, whole: 200);
        var seed = RunLength.Seed;
        using var disk = new ErringDisk(DiskMegabytes);
        string[] imapUsers = ["imap0@" + FaultRun.Domain, "imap1@" + FaultRun.Domain];
        await using var run = await FaultRun.CreateAsync(
            Path.Combine(disk.Disk.MountPoint, "state"), "[queue]\nretry_first = 1s\nretry_round_wait = 2s\nretry_doublings = 2\n", seed, output, imapUsers);
        disk.Disk.Sync();
        var imap = imapUsers.Select((user, i) => new ImapLoad(run.Imap, user, FaultRun.Password, seed + i) { IsHeard = () => !_isWithoutPower }).ToList();
        var plan = new LoadPlan(6, run.Local, 3, TimeSpan.FromMilliseconds(20), Messages.RandomSize) { IsHeard = () => !_isWithoutPower };
        for (var round = 1; round <= rounds; round++)
        {
            await run.Server.StartAsync(CancellationToken.None);
            await TroubleUnderLoadAsync(run, disk, plan, imap, round);
            run.Server.Kill();
            disk.Disk.PowerOn();
            run.Server.Reboot();
            _isWithoutPower = false;
            await run.Server.StartAsync(CancellationToken.None);
            await run.ReachAllAsync();
            await run.DrainAsync();
            run.Require(run.Audit.Judge(run.Ledger));
            await run.RequireAsync(imap, round);

            run.Server.Kill();
        }

        Assert.All(run.Ledger.Refusals, reply => Assert.StartsWith("4", reply, StringComparison.Ordinal));
        run.Say($"{disk.Failed} writes failed, {run.Ledger.Refusals.Count()} refusals; IMAP: {imap.Sum(client => client.Appended)} appended, {imap.Sum(client => client.Refusals.Count)} refused");
        Assert.True(disk.Failed > 0 && run.Ledger.Refusals.Any(), "nothing has failed, so nothing was tested");
        await run.ConcludeAsync("write errors and power cut", rounds, run.Audit.Judge(run.Ledger));
    }

    private async Task TroubleUnderLoadAsync(FaultRun run, ErringDisk disk, LoadPlan plan, List<ImapLoad> imap, int round)
    {
        await using var smtp = new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, run.Seed * 100 + round).RunAsync).Start();
        await using var clients = new Background(ct => Task.WhenAll(imap.Select(client => Task.Run(() => client.RunAsync(ct), CancellationToken.None)))).Start();
        await ServedAsync(run, imap);
        for (var moment = 0; moment < Moments; moment++)
        {
            disk.FailContent(run.Random.Next(3) == 0 ? 0.3 : 1);
            await Task.Delay(run.Between(50, 800));
            disk.Mend();
            Assert.True(run.Server.IsRunning, $"seed {run.Seed}: the server ended\n{run.Server.LogText}");
            switch (run.Random.Next(4))
            {
                case 0:
                    // What the kernel shows to the next process is not all on the disk.
                    run.Server.Kill();
                    await run.Server.StartAsync(CancellationToken.None);
                    break;
                case 1:
                    break;
                default:
                    await ServedAsync(run, imap);
                    break;
            }

            await Task.Delay(run.Between(0, 500));
        }

        await ServedAsync(run, imap);
        await Task.Delay(run.Between(0, 800));
        await run.Server.FreezeAsync();
        disk.Disk.CutPower();
        await Task.Delay(Reading);
        _isWithoutPower = true;
        run.Server.Thaw();
        await Task.Delay(run.Between(0, 100));
        run.Server.Kill();
    }

    /// <summary>Both kinds of client get their messages taken again.</summary>
    private static async Task ServedAsync(FaultRun run, List<ImapLoad> imap)
    {
        var (acknowledged, appended) = (run.Ledger.Acknowledged, imap.Sum(client => client.Appended));
        await Eventually.IsAsync(
            "service\n" + string.Join('\n', run.Ledger.Refusals.TakeLast(3)) + "\n" + run.Server.LogText,
            () => run.Ledger.Acknowledged >= acknowledged + 5 && imap.Sum(client => client.Appended) > appended, seconds: 30);
    }
}
