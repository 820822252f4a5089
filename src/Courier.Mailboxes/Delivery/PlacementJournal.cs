using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Delivery;

/// <summary>Says that messages which lie in tmp/ appear in cur/ together, whatever happens from here on: a file in <c>courier/placing/</c> with
/// a line for each, its name in tmp/ and its name in cur/.</summary>
/// <remarks>Its appearance is the one point of decision. It is written when all of the messages are on the disk and before the first is renamed, and
/// removed when their names are on the disk too. Whoever finds one that nobody works on goes on with it; one that ends in <c>.undo</c> is taken
/// back instead. Both may be done any number of times.</remarks>
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
        DurableFile.Replace(journal.Path, Encoding.UTF8.GetBytes(string.Concat(names.Select(name => $"{name.InTmp}\t{name.InCur}\n"))));
        return journal;
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
