using Courier.IO.Files;

namespace Courier.Queue.Sqlite;

/// <summary>A body ready to be committed: its bytes, or the name of a file that is already durable.</summary>
internal readonly record struct PreparedBody(ReadOnlyMemory<byte> Inline, string? FileName, long Length);

/// <summary>The files of large bodies. A file and its name are on the disk before the row that names it is committed, and it is
/// deleted after the commit that forgets the row; what a crash leaves between the two has no row and is swept at start.</summary>
internal sealed class BodyFiles(string directory, int inlineLimitBytes)
{
    internal string PathOf(string fileName) => Path.Combine(directory, fileName);

    internal PreparedBody Prepare(MessageBuffer buffer)
    {
        if (buffer.FilePath is not null)
            return TakeOver(buffer);
        return buffer.Length <= inlineLimitBytes ? new PreparedBody(buffer.Memory, null, buffer.Length) : WriteFile(buffer.Memory);
    }

    /// <summary>Deletes a file whose row is gone or was never committed. Failing is harmless: the next start sweeps.</summary>
    internal void Delete(string fileName)
    {
        try
        {
            File.Delete(PathOf(fileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An unused file stays until the next start; the message itself is not affected.
        }
    }

    /// <summary>Deletes every file that no row names.</summary>
    /// <returns>How many they were, and the names among <paramref name="known"/> that are missing.</returns>
    internal (int Swept, IReadOnlyList<string> Missing) Sweep(HashSet<string> known)
    {
        var swept = 0;
        known.Add(SpoolContent.InUseMark);
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            if (known.Remove(Path.GetFileName(path)))
                continue;
            File.Delete(path);
            swept++;
        }

        known.Remove(SpoolContent.InUseMark);
        return (swept, [.. known]);
    }

    private PreparedBody TakeOver(MessageBuffer buffer)
    {
        var length = buffer.Length;
        var path = buffer.DetachFile();
        if (!string.Equals(Path.GetDirectoryName(Path.GetFullPath(path)), Path.GetFullPath(directory), StringComparison.Ordinal))
        {
            var moved = PathOf(Path.GetFileName(path));
            DurableFile.Rename(path, moved);
            path = moved;
        }

        DurableFile.FlushDirectory(directory);
        return new PreparedBody(default, Path.GetFileName(path), length);
    }

    private PreparedBody WriteFile(ReadOnlyMemory<byte> bytes)
    {
        var name = UniqueName.Next();
        try
        {
            using (var file = new FileStream(PathOf(name), new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 0,
            }))
            {
                file.Write(bytes.Span);
                DurableFile.Flush(file);
            }

            DurableFile.FlushDirectory(directory);
            return new PreparedBody(default, name, bytes.Length);
        }
        catch
        {
            Delete(name);
            throw;
        }
    }
}
