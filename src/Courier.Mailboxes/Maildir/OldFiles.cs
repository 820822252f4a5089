using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Upkeep;

namespace Courier.Mailboxes.Maildir;

/// <summary>Removes what has been kept long enough: expunged messages and deleted mailboxes, and what crashed programs left in tmp/.
/// Never anything in <c>courier/staging/</c>: the queue may still mean to publish it.</summary>
internal static class OldFiles
{
    /// <summary>As every Maildir program does (courier.md §9.2).</summary>
    private static readonly TimeSpan KeepTemporary = TimeSpan.FromHours(36);

    internal static void Sweep(MaildirFolder folder, TimeSpan keepExpunged, DateTimeOffset now)
    {
        Sweep(folder.Expunged, now - keepExpunged);
        Sweep(folder.Tmp, now - KeepTemporary);
    }

    private static void Sweep(string directory, DateTimeOffset before)
    {
        var names = new DirectoryNames();
        try
        {
            names.Read(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return;
        }

        var limit = (before - DateTimeOffset.UnixEpoch).Ticks * 100;
        var slash = Encoding.UTF8.GetBytes(directory + "/");
        Span<byte> buffer = stackalloc byte[RawPath.MaxBytes];
        for (var i = 0; i < names.Count; i++)
        {
            var path = RawPath.Join(buffer, slash, names[i], default);
            var name = Encoding.UTF8.GetString(names[i]);
            // ctime: the rename into the directory set it, and no program can.
            if (name.EndsWith(ExpungedMessages.RemovedSuffix, StringComparison.Ordinal))
                Remove($"{directory}/{name}");
            else if (!FileStatus.TryGet(path, out var status) || status.ChangedNanoseconds > limit)
                continue;
            else if (name.EndsWith(ExpungedMessages.FolderSuffix, StringComparison.Ordinal))
                RemoveFolder($"{directory}/{name}");
            else
                RawFile.TryDelete(path);
        }
    }

    /// <summary>In two steps: what is killed between its files must not look like a mailbox any more.</summary>
    private static void RemoveFolder(string path)
    {
        var removed = path[..^ExpungedMessages.FolderSuffix.Length] + ExpungedMessages.RemovedSuffix;
        if (!DurableFile.TryRename(path, removed))
            return;
        DurableFile.FlushDirectory(Path.GetDirectoryName(path)!);
        Remove(removed);
    }

    private static void Remove(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Another process is at it, too.
        }
    }
}
