namespace Courier.Faults.Storage;

/// <summary>Memory for the image of a disk that is smaller than the disk: once it is full, the disk's own writes fail though its file system has room, as
/// on a thinly provisioned device that has run out. Linux says so at the sync, with ENOSPC (6.18) or EIO.</summary>
public sealed class SmallTmpfs : IDisposable
{
    private readonly string _filler;

    public SmallTmpfs(int megabytes)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("courier-tmpfs-").FullName;
        SystemCommand.Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "courier-tests", Directory);
        _filler = Path.Combine(Directory, "filler");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
    }

    public string Directory { get; }

    /// <summary>From now on what was never written cannot be written.</summary>
    public void Fail()
    {
        using var file = File.Create(_filler, bufferSize: 1);
        var chunk = new byte[4096];
        try
        {
            while (true)
                file.Write(chunk);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Mend() => File.Delete(_filler);

    public void Dispose()
    {
        if (!System.IO.Directory.Exists(Directory))
            return;
        SystemCommand.Run("umount", "-l", Directory);
        System.IO.Directory.Delete(Directory);
    }
}
