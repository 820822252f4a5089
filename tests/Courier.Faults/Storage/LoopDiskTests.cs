using System.Text;
using Courier.IO.Files;
using Courier.Testing.Processes;

namespace Courier.Faults.Storage;

/// <summary>The harness itself: if a power cut lost nothing, the rounds would prove nothing.</summary>
public sealed class LoopDiskTests
{
    [ToolFact(LoopDisk.Root, "mkfs.ext4", "e2fsck", "mount")]
    public void A_power_cut_keeps_what_was_synced_and_loses_what_was_not()
    {
        using var disk = new LoopDisk(64);
        var kept = Path.Combine(disk.MountPoint, "kept");
        var renamed = Path.Combine(disk.MountPoint, "renamed");
        var lost = Path.Combine(disk.MountPoint, "lost");
        File.WriteAllText(kept, "synced");
        disk.Sync();
        File.Move(kept, renamed);
        File.WriteAllText(lost, "not synced");
        Assert.True(File.Exists(renamed) && File.Exists(lost));
        disk.CutPower();
        Assert.ThrowsAny<IOException>(() => File.WriteAllText(Path.Combine(disk.MountPoint, "late"), "x"));
        disk.PowerOn();
        Assert.Equal("synced", File.ReadAllText(kept));
        Assert.False(File.Exists(renamed), "a rename without a sync of the directory survived");
        Assert.False(File.Exists(lost), "a file without a sync survived");
    }

    [ToolFact(LoopDisk.Root, "mkfs.ext4", "e2fsck", "mount")]
    public void A_power_cut_keeps_a_file_that_was_flushed_and_forgets_bytes_that_were_not()
    {
        using var disk = new LoopDisk(64);
        var path = Path.Combine(disk.MountPoint, "log");
        using (var file = File.Create(path))
        {
            file.Write(Encoding.ASCII.GetBytes("first "));
            DurableFile.Flush(file);
            file.Write(Encoding.ASCII.GetBytes("second"));
            file.Flush();
            disk.CutPower();
        }
        disk.PowerOn();
        Assert.Equal("first ", File.ReadAllText(path));
    }

    [ToolFact(LoopDisk.Root, "mkfs.ext4", "e2fsck", "mount")]
    public void The_disk_survives_many_cuts()
    {
        using var disk = new LoopDisk(64);
        for (var i = 0; i < 5; i++)
        {
            File.WriteAllText(Path.Combine(disk.MountPoint, $"f{i}"), "x");
            disk.Sync();
            File.WriteAllText(Path.Combine(disk.MountPoint, $"g{i}"), "x");
            disk.CutPower();
            disk.PowerOn();
        }
        Assert.Equal(["f0", "f1", "f2", "f3", "f4"], Directory.GetFiles(disk.MountPoint).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
    }
}
