using System.Globalization;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Upkeep;

/// <summary>Holds <c>maildirsize</c> (courier.md §9.3) against the files: the sum of all folders but the trash, without what is flagged \Deleted.</summary>
internal static class QuotaCheck
{
    internal static void Run(MaildirFolder main, IEnumerable<MaildirFolder> folders, Findings findings)
    {
        var path = MaildirSize.PathIn(main.Path);
        var lines = TextLines.Of(path);
        if (lines.Length == 0)
            return;
        if (!TrySum(lines, out var bytes, out var count))
        {
            findings.Damage("maildirsize", "a line cannot be read", () => Write(path, lines[0], SumOf(folders, all: false)));
            return;
        }

        // Programs differ in whether the trash and what is flagged count: what lies between both is nobody's fault.
        var (least, most) = (SumOf(folders, all: false), SumOf(folders, all: true));
        if (bytes < least.Bytes || bytes > most.Bytes || count < least.Count || count > most.Count)
            findings.Damage("maildirsize", $"it says {count} messages of {bytes} octets, and there are {least.Count} of {least.Bytes}", () => Write(path, lines[0], least));
    }

    /// <summary>Puts the sum of the files into a <c>maildirsize</c> of many lines, or one that stands in the way of a delivery.</summary>
    internal static void Recount(MaildirFolder main)
    {
        var path = MaildirSize.PathIn(main.Path);
        if (TextLines.Of(path) is not [var definition, .. var before])
            return;
        var folders = Directory.EnumerateDirectories(main.Path, ".*").Select(folder => new MaildirFolder(folder)).Where(folder => folder.Exists);
        var sum = SumOf([main, .. folders], all: false);
        // Who added a line meanwhile may or may not have been counted: the next one to ask counts again.
        if (TextLines.Of(path) is [_, .. var after] && after.Length == before.Length)
            Write(path, definition, sum);
    }

    private static bool TrySum(string[] lines, out long bytes, out long count)
    {
        (bytes, count) = (0, 0);
        foreach (var line in lines.Skip(1))
        {
            if (!AccountQuota.TryLine(line, out var more, out var messages))
                return false;
            bytes += more;
            count += messages;
        }

        return true;
    }

    private static (long Bytes, long Count) SumOf(IEnumerable<MaildirFolder> folders, bool all)
    {
        (long Bytes, long Count) sum = (0, 0);
        foreach (var folder in folders.Where(folder => all || !folder.Path.EndsWith("/.Trash", StringComparison.Ordinal)))
        {
            foreach (var directory in (ReadOnlySpan<string>)[folder.Cur, folder.New])
                Add(directory, all, ref sum);
        }

        return sum;
    }

    /// <summary>A size in the name is believed, so that hardly any file needs a stat.</summary>
    private static void Add(string directory, bool all, ref (long Bytes, long Count) sum)
    {
        var names = new DirectoryNames();
        if (!names.TryRead(directory))
            return;
        var (slash, buffer) = (Encoding.UTF8.GetBytes(directory + "/"), new byte[RawPath.MaxBytes]);
        for (var i = 0; i < names.Count; i++)
        {
            var name = names[i];
            if (name[0] == (byte)'.' || (!all && FileName.LettersOf(name).Contains((byte)'T')))
                continue;
            if (FileName.Figure(FileName.BaseOf(name), FileName.SizeKey) is >= 0 and var said)
                sum.Bytes += said;
            else if (FileStatus.TryGet(RawPath.Join(buffer, slash, name, default), out var status))
                sum.Bytes += status.Size;
            else
                continue;
            sum.Count++;
        }
    }

    private static void Write(string path, string quota, (long Bytes, long Count) sum) =>
        DurableFile.Replace(path, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{quota}\n{$"{sum.Bytes} {sum.Count}",-13}\n")));
}
