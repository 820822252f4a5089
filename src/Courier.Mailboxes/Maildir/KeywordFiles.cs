using System.Globalization;
using System.Text;
using Courier.IO.Files;

namespace Courier.Mailboxes.Maildir;

/// <summary>Keywords as Courier keeps them, in <c>courierimapkeywords/</c> (courier.md §9.4): <c>:list</c> is what was known some
/// time ago, a file named like a message holds its keywords since, <c>.N.name</c> is such a file that a reader has seen in period N and put into
/// <c>:list</c>, kept because another reader may be writing an older <c>:list</c> over it. No locks: every step is a rename.</summary>
internal sealed class KeywordFiles(MaildirFolder folder)
{
    /// <summary>Courier counts time in these.</summary>
    private const int PeriodSeconds = 300;

    /// <summary>From this many waiting files on the list is written anew: each costs an open when the directory is read.</summary>
    private const int FoldFrom = 1;

    /// <summary>A keyword file larger than this is not one of keywords.</summary>
    private const int MaxFileBytes = 64 * 1024;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private string ListPath => folder.Keywords + "/:list";

    /// <summary>All keywords by base name; messages without are left out.</summary>
    /// <param name="isLiving">Which base names still have a message: only those go into a new list.</param>
    /// <param name="now">For the period.</param>
    internal Dictionary<string, string[]> Read(Func<string, bool> isLiving, DateTimeOffset now)
    {
        var keywords = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var names = new DirectoryNames();
        if (!names.TryRead(folder.Keywords))
            return keywords;
        var updates = ReadUpdates(names, keywords);
        var waiting = updates.Where(update => update.Value.Period == long.MaxValue).ToList();
        if (waiting.Count >= FoldFrom)
            Fold(keywords, names, isLiving, now);
        return keywords;
    }

    /// <summary>All keywords by base name, without a change of the directory.</summary>
    internal Dictionary<string, string[]> Peek()
    {
        var keywords = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var names = new DirectoryNames();
        names.Read(folder.Keywords);
        ReadUpdates(names, keywords);
        return keywords;
    }

    /// <summary>The list, and the files that count more than it.</summary>
    private Dictionary<string, (long Period, string File)> ReadUpdates(DirectoryNames names, Dictionary<string, string[]> keywords)
    {
        ReadList(keywords);
        // Of several files of one message the unseen one is newest, then the highest period.
        var updates = new Dictionary<string, (long Period, string File)>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            var file = Encoding.Latin1.GetString(names[i]);
            if (TryParse(file, out var name, out var period) && (!updates.TryGetValue(name, out var other) || other.Period < period))
                updates[name] = (period, file);
        }

        foreach (var (name, (_, file)) in updates)
        {
            if (TryReadLines(file) is not { } lines)
                continue;
            if (lines.Length == 0)
                keywords.Remove(name);
            else
                keywords[name] = lines;
        }

        return updates;
    }

    /// <summary>The base names that have keywords or had, and how many lines of the list cannot be read. Changes nothing.</summary>
    internal (HashSet<string> Names, int Damaged) Inspect()
    {
        var keywords = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var damaged = ReadList(keywords);
        var files = new DirectoryNames();
        files.Read(folder.Keywords);
        var names = keywords.Keys.ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < files.Count; i++)
        {
            if (TryParse(Encoding.Latin1.GetString(files[i]), out var name, out _))
                names.Add(name);
        }

        return (names, damaged);
    }

    /// <summary>Writes the list anew, for the living only.</summary>
    internal void Rewrite(Func<string, bool> isLiving, DateTimeOffset now)
    {
        var keywords = Read(isLiving, now);
        var files = new DirectoryNames();
        files.Read(folder.Keywords);
        Fold(keywords, files, isLiving, now);
        for (var i = 0; i < files.Count; i++)
        {
            if (TryParse(Encoding.Latin1.GetString(files[i]), out var name, out _) && !isLiving(name))
                RawFile.TryDelete(TargetPath(files[i]));
        }
    }

    /// <summary>Replaces the keywords of one message.</summary>
    internal void Write(ReadOnlySpan<byte> name, IEnumerable<string> keywords)
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(keywords.Select(keyword => keyword + "\n")));
        var temporary = $"{folder.Tmp}/{UniqueName.Next()}.keywords";
        RawFile.Write(temporary, text);
        var target = TargetPath(name);
        var source = Encoding.UTF8.GetBytes(temporary + "\0");
        if (RawFile.TryRename(source, target))
            return;
        Directory.CreateDirectory(folder.Keywords, OwnerOnly);
        if (!RawFile.TryRename(source, target))
            throw new FileNotFoundException("A keyword file vanished before it was published", temporary);
    }

    /// <summary>A message went: its file may go too. What the list has of it goes with the next one.</summary>
    internal void Forget(ReadOnlySpan<byte> name) => RawFile.TryDelete(TargetPath(name));

    private byte[] TargetPath(ReadOnlySpan<byte> name)
    {
        var buffer = new byte[RawPath.MaxBytes];
        return RawPath.Join(buffer, Encoding.UTF8.GetBytes(folder.Keywords + "/"), name, default).ToArray();
    }

    /// <summary><c>name</c> or <c>.N.name</c>.</summary>
    private static bool TryParse(string file, out string name, out long period)
    {
        (name, period) = (file, long.MaxValue);
        if (file.StartsWith(':'))
            return false;
        if (!file.StartsWith('.'))
            return true;
        var end = file.IndexOf('.', 1);
        if (end < 0 || !long.TryParse(file.AsSpan(1, end - 1), NumberStyles.None, CultureInfo.InvariantCulture, out period))
            return false;
        name = file[(end + 1)..];
        return name.Length > 0;
    }

    /// <summary>Names of keywords, an empty line, then <c>base:index index …</c>.</summary>
    private int ReadList(Dictionary<string, string[]> keywords)
    {
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(ListPath + "\0"), 0, out var length);
        if (bytes is null)
            return 0;
        var lines = Encoding.Latin1.GetString(bytes.AsSpan(0, length)).Split('\n');
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        var empty = Array.IndexOf(lines, "");
        if (empty < 0)
            return 1;
        var damaged = 0;
        for (var i = empty + 1; i < lines.Length; i++)
        {
            var colon = lines[i].LastIndexOf(':');
            if (colon <= 0)
            {
                damaged += lines[i].Length > 0 ? 1 : 0;
                continue;
            }

            var set = lines[i][(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < empty ? OfBytes(lines[index]) : null)
                .OfType<string>().ToArray();
            if (set.Length > 0)
                keywords[lines[i][..colon]] = set;
        }

        return damaged;
    }

    private string[]? TryReadLines(string file)
    {
        var path = new byte[RawPath.MaxBytes];
        var bytes = RawFile.TryRead(RawPath.Join(path, Encoding.UTF8.GetBytes(folder.Keywords + "/"), Encoding.Latin1.GetBytes(file), default), 0, out var length);
        if (bytes is null)
            return null;
        var text = Encoding.Latin1.GetString(bytes.AsSpan(0, Math.Min(length, MaxFileBytes)));
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(OfBytes)];
    }

    /// <summary>Base names are bytes and keywords UTF-8; the files are read as Latin-1 to hold both.</summary>
    private static string OfBytes(string latin1) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin1));

    /// <summary>Writes the list anew, marks the files that are in it with the next period, drops marked ones of older periods.</summary>
    private void Fold(Dictionary<string, string[]> keywords, DirectoryNames names, Func<string, bool> isLiving, DateTimeOffset now)
    {
        var period = now.ToUnixTimeSeconds() / PeriodSeconds;
        var all = new List<string>();
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        var messages = new StringBuilder();
        foreach (var (name, set) in keywords.Where(pair => isLiving(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            messages.Append(name).Append(':');
            for (var i = 0; i < set.Length; i++)
            {
                if (!indexes.TryGetValue(set[i], out var index))
                {
                    indexes.Add(set[i], index = all.Count);
                    all.Add(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(set[i])));
                }

                messages.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? " " : "")}{index}");
            }

            messages.Append('\n');
        }

        var temporary = $"{folder.Tmp}/{UniqueName.Next()}.keywords";
        RawFile.Write(temporary, Encoding.Latin1.GetBytes(string.Concat(all.Select(keyword => keyword + "\n")) + "\n" + messages));
        DurableFile.Rename(temporary, ListPath);
        for (var i = 0; i < names.Count; i++)
        {
            var file = Encoding.Latin1.GetString(names[i]);
            if (!TryParse(file, out var name, out var seen))
                continue;
            var path = TargetPath(names[i]);
            if (seen == long.MaxValue)
                RawFile.TryRename(path, TargetPath(Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $".{period + 1}.{name}"))));
            else if (seen < period)
                RawFile.TryDelete(path);
        }
    }
}
