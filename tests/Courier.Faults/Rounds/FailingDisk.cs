using Courier.Faults.Storage;
using Courier.Testing.Processes;
using Xunit.Abstractions;

namespace Courier.Faults.Rounds;

/// <summary>A disk whose writes fail at the sync though its file system has room.</summary>
public sealed class FailingDisk(ITestOutputHelper output)
{
    [ToolFact(LoopDisk.Root, "mkfs.ext4", "e2fsck", "mount")]
    public async Task A_disk_with_write_errors_gives_temporary_refusals_and_loses_nothing()
    {
        using var memory = new SmallTmpfs(64);
        using var disk = new LoopDisk(512, memory.Directory);
        await new DiskTrouble("failing disk", disk, memory.Fail, memory.Mend)
        {
            Settings = "[limits]\nfree_space = 1MiB\n",
            Size = random => 50_000 + random.Next(100_000),
        }.RunAsync(output);
    }
}
