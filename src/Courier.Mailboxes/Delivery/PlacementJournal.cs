using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Delivery;

/// <summary>Says that messages appear in cur/ together, whatever happens: a file in <c>courier/placing/</c> with a line for each, its name in tmp/ and its
/// name in cur/.</summary>
/// <remarks>Two kinds, and both may be brought to an end any number of times by whoever finds one that nobody works on.
/// (1) Messages that lie in tmp/ are renamed into cur/. The journal's appearance is the one point of decision: it is written when all of the messages are on
/// the disk and before the first is renamed, and removed when their names are on the disk too. Who finds it goes on.
/// (2) Its name ends in <c>.undo</c>: none of them shall stay in cur/. Messages that are linked into cur/ straight from another mailbox have such a journal on
/// the disk before the first is; its disappearance, under the lock and before the sync that makes all durable, is the point of decision. A file system that
/// keeps the order of names in one journal of its own (ext4, XFS) never shows that without the links before it.</remarks>
internal sealed class PlacementJournal
{
    private const string UndoSuffix = ".undo";

    private PlacementJournal(string path) => Path = path;

    internal string Path { get; private set; }

    /// <summary>Under the lock. On the disk on return.</summary>
    internal static PlacementJournal Write(MaildirFolder folder, IReadOnlyList<(string InTmp, string InCur)> names)
    {
        Directory.CreateDirectory(folder.Placing);
        var journal = new PlacementJournal($"{folder.Placing}/{names[0].InTmp}");
        DurableFile.Replace(journal.Path, Text(names));
        return journal;
    }

    /// <summary>Under the lock, before any of these names is in cur/. On the disk on return; one that a crash leaves torn speaks of nothing that is there.</summary>
    internal static PlacementJournal WriteUndo(MaildirFolder folder, IReadOnlyList<(string InTmp, string InCur)> names)
    {
        Directory.CreateDirectory(folder.Placing);
        var journal = new PlacementJournal($"{folder.Placing}/{names[0].InTmp}{UndoSuffix}");
        RawFile.Write(journal.Path, Text(names));
        RawFile.Sync(journal.Path);
        DurableFile.FlushDirectory(folder.Placing);
        return journal;
    }

    private static byte[] Text(IReadOnlyList<(string InTmp, string InCur)> names)
    {
        var text = new StringBuilder();
        foreach (var (inTmp, inCur) in names)
            text.Append(inTmp).Append('\t').Append(inCur).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Those that were left behind; none where none ever was.</summary>
    internal static IReadOnlyList<PlacementJournal> Find(MaildirFolder folder)
    {
        if (!Directory.Exists(folder.Placing))
            return [];
        var found = new List<PlacementJournal>();
        foreach (var path in Directory.EnumerateFiles(folder.Placing))
        {
            // One that never was whole: nobody writes now, since we have the lock.
            if (path.EndsWith(".tmp", StringComparison.Ordinal))
                File.Delete(path);
            else
                found.Add(new(path));
        }

        return found;
    }

    /// <summary>Decides the other way: none of them.</summary>
    internal void Undo()
    {
        if (Path.EndsWith(UndoSuffix, StringComparison.Ordinal))
            return;
        DurableFile.Rename(Path, Path + UndoSuffix);
        Path += UndoSuffix;
    }

    /// <summary>Under the lock. Brings to an end what somebody has begun; returns the sizes of those that were still to be placed, and of all.</summary>
    internal (int Placed, long Bytes, int Count) Continue(MaildirFolder folder)
    {
        var isUndone = Path.EndsWith(UndoSuffix, StringComparison.Ordinal);
        var (placed, bytes, count) = (0, 0L, 0);
        foreach (var line in File.ReadLines(Path))
        {
            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            if (tab < 0)
                continue; // Torn: written, and never on the disk.
            var (inTmp, inCur) = ($"{folder.Tmp}/{line[..tab]}", $"{folder.Cur}/{line[(tab + 1)..]}");
            count++;
            bytes += FileName.Figure(Encoding.UTF8.GetBytes(line[..tab]), FileName.SizeKey);
            if (isUndone)
                File.Delete(inCur);
            else if (DurableFile.TryRename(inTmp, inCur))
                placed++;
        }

        DurableFile.FlushDirectory(folder.Cur);
        Remove();
        return (placed, bytes, count);
    }

    internal void Remove()
    {
        try
        {
            File.Delete(Path);
        }
        catch (DirectoryNotFoundException)
        {
            // The mailbox has another name by now; there it is found by who next takes the lock, with nothing left to do.
        }
    }
}
