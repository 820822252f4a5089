using Courier.Faults.Storage;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>A file system that an error has made read-only, as Linux does by default.</summary>
public sealed class ReadOnlyDisk(ITestOutputHelper output)
{
    [ToolFact(LoopDisk.Root, "mkfs.ext4", "e2fsck", "mount")]
    public async Task A_disk_that_becomes_read_only_gives_temporary_refusals_and_loses_nothing()
    {
        using var disk = new LoopDisk(512);
        await new DiskTrouble("read-only disk", disk, disk.GoReadOnly, static () => { }) { Size = random => 1_000 + random.Next(50_000) }.RunAsync(output);
    }
}
