using System.Text;
using Courier.IO.Files;
using Courier.Testing.Processes;

namespace Courier.Faults.Storage;

/// <summary>The harness itself: an error of the device must be one that the kernel forgets, or the rounds would prove nothing.</summary>
public sealed class ErringDiskTests
{
    [ToolFact(LoopDisk.Root, ErringImage.Device, "mkfs.ext4", "e2fsck", "mount", "debugfs")]
    public void What_could_not_be_written_is_reported_once_and_then_gone()
    {
        using var disk = new ErringDisk(64);
        var path = Path.Combine(disk.Disk.MountPoint, "log");
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0))
        {
            file.Write(Encoding.ASCII.GetBytes(new string('a', 4096)));
            DurableFile.Flush(file);
            file.Write(Encoding.ASCII.GetBytes(new string('b', 4096)));
            disk.FailContent(1);
            Assert.ThrowsAny<IOException>(() => DurableFile.Flush(file));
            Assert.True(disk.Failed > 0);
            disk.Mend();
            // The trap: the next sync says that all is well, and readers see it all.
            DurableFile.Flush(file);
            Assert.Equal(4096, File.ReadAllText(path).Count(c => c == 'b'));
            file.Write(Encoding.ASCII.GetBytes(new string('c', 4096)));
            DurableFile.Flush(file);
            disk.Disk.CutPower();
        }

        disk.Disk.PowerOn();
        var kept = File.ReadAllText(path);
        Assert.Equal((4096, 0, 4096), (kept.Count(c => c == 'a'), kept.Count(c => c == 'b'), kept.Count(c => c == 'c')));
    }
}
