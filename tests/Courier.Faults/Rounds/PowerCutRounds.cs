using Courier.Faults.Load;
using Courier.Faults.Storage;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>The power goes at random moments under load: SMTP to Maildirs and to a next hop, and IMAP clients that append and expunge.</summary>
public sealed class PowerCutRounds(ITestOutputHelper output)
{
    private const int PerDisk = 20;             // rounds before a fresh disk, so that the image stays small
    private const int DiskMegabytes = 4096;
    private const int FoundFolders = 300;       // for each round: more than are opened until the cut
    private static readonly TimeSpan FirstAnswer = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Reading = TimeSpan.FromMilliseconds(100);  // for answers that were given before the cut
    private const string Relayed = "far@sink.test";

    private volatile bool _isWithoutPower;

    [ToolFact(LoopDisk.Root, "mkfs.ext4", "e2fsck", "mount")]
    public async Task No_acknowledged_message_is_lost_or_doubled_by_a_power_cut()
    {
        var rounds = RunLength.Rounds(quick: 20, whole: 1000);
        var seed = RunLength.Seed;
        for (var done = 0; done < rounds; done += PerDisk)
            await RunAsync(Math.Min(PerDisk, rounds - done), seed + done);
    }

    private async Task RunAsync(int rounds, int seed)
    {
        using var disk = new LoopDisk(DiskMegabytes);
        await using var sink = new TokenSink();
        string[] imapUsers = ["imap0@" + FaultRun.Domain, "imap1@" + FaultRun.Domain, "folders@" + FaultRun.Domain];
        var settings = $"[relay]\nnetworks = 127.0.0.0/8\nroute.sink.test = 127.0.0.1:{sink.Port}\n[queue]\nretry_first = 1s\nretry_round_wait = 2s\nretry_doublings = 2\n";
        await using var run = await FaultRun.CreateAsync(Path.Combine(disk.MountPoint, "state"), settings, seed, output, imapUsers);
        disk.Sync();
        var folders = new FolderLoad(run.Imap, imapUsers[2], FaultRun.Password, run.Server.MaildirOf(imapUsers[2])) { IsHeard = () => !_isWithoutPower };
        var imap = imapUsers[..2].Select((user, i) => new ImapLoad(run.Imap, user, FaultRun.Password, seed + i) { IsHeard = () => !_isWithoutPower }).ToList();
        var plan = new LoadPlan(6, [.. run.Local, Relayed], 3, TimeSpan.FromMilliseconds(20), Messages.RandomSize) { IsHeard = () => !_isWithoutPower };
        for (var round = 1; round <= rounds; round++)
        {
            folders.Prepare(FoundFolders);
            disk.Sync();
            await run.Server.StartAsync(CancellationToken.None);
            await CutUnderLoadAsync(run, disk, plan, imap, folders, round);
            run.Server.Kill();
            disk.PowerOn();
            run.Server.Reboot();
            _isWithoutPower = false;
            await run.Server.StartAsync(CancellationToken.None);
            await run.ReachAllAsync();
            await run.DrainAsync();
            run.Require(run.Audit.Judge(run.Ledger, sink));
            await run.RequireAsync(imap, round);
            await folders.AuditAsync(CancellationToken.None);
            run.RequireNone(folders.Faults, round);
            // The next round begins as after a boot.
            run.Server.Kill();
        }
        Assert.Equal(0, sink.Torn);
        var verdict = run.Audit.Judge(run.Ledger, sink);
        run.Say($"IMAP: {imap.Sum(client => client.Appended)} appended, {imap.Sum(client => client.UidsSeen)} UIDs seen, none reused");
        run.Say($"IMAP: {folders.Opened} folders opened first, {folders.Renewed} of them with a new UIDVALIDITY after the cut");
        Assert.True(imap.Sum(client => client.Appended) > 0, "the IMAP clients appended nothing");
        Assert.True(folders.Opened > 0, "no folder was opened");
        await run.ConcludeAsync("power cut", rounds, verdict);
    }

    private async Task CutUnderLoadAsync(FaultRun run, LoopDisk disk, LoadPlan plan, List<ImapLoad> imap, FolderLoad folders, int round)
    {
        await using var smtp = new Background(new SmtpLoad(run.Smtp, plan, run.Ledger, run.Seed * 100 + round).RunAsync).Start();
        await using var clients = new Background(ct => Task.WhenAll(imap.Select(client => Task.Run(() => client.RunAsync(ct), CancellationToken.None)))).Start();
        await using var opening = new Background(folders.RunAsync).Start();
        // A cold server on a busy machine answers late: the random moment is counted from the first answer to each kind of client.
        var (acknowledged, appended, start) = (run.Ledger.Acknowledged, imap.Sum(client => client.Appended), TimeProvider.System.GetTimestamp());
        while ((run.Ledger.Acknowledged == acknowledged || imap.Sum(client => client.Appended) == appended) && TimeProvider.System.GetElapsedTime(start) < FirstAnswer)
            await Task.Delay(20);
        await Task.Delay(run.Between(0, 1500));
        // All that the server said before it froze was said by a machine with power, and counts. What it says afterwards does not.
        await run.Server.FreezeAsync();
        disk.CutPower();
        await Task.Delay(Reading);
        _isWithoutPower = true;
        // The server runs on without a disk for a moment and must not harm what it has.
        run.Server.Thaw();
        await Task.Delay(run.Between(0, 200));
        run.Server.Kill();
    }
}
