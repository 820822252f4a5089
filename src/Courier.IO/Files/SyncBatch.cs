namespace Courier.IO.Files;

/// <summary>Files and names that become durable together: one syncfs for each file system among them.</summary>
public static class SyncBatch
{
    /// <summary>Throws where any of it is not on the disk.</summary>
    /// <param name="files">For their content, and for their names.</param>
    /// <param name="directories">For the names in them.</param>
    public static void Sync(IReadOnlyCollection<string> files, IReadOnlyCollection<string> directories)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(directories);
        var synced = new HashSet<long>();
        foreach (var directory in files.Select(file => Path.GetDirectoryName(file)!).Concat(directories).Distinct(StringComparer.Ordinal))
        {
            if (!FileStatus.TryGet(directory, out var status))
                throw new DirectoryNotFoundException(directory);
            if (synced.Add(status.Device))
                DurableFile.SyncFileSystem(directory);
        }

        // syncfs tells one caller of a failure, which may be another one; each file remembers its own.
        foreach (var file in files)
            RawFile.RequireWritten(file);
    }
}
