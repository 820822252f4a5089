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
        var path = main.Path + "/maildirsize";
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
            foreach (var (name, status) in ExpungedMessages.FilesIn(folder.Cur).Concat(ExpungedMessages.FilesIn(folder.New)))
            {
                var bytes = Encoding.Latin1.GetBytes(name);
                if (!all && FileName.LettersOf(bytes).Contains((byte)'T'))
                    continue;
                sum.Bytes += FileName.Figure(FileName.BaseOf(bytes), FileName.SizeKey) is >= 0 and var said ? said : status.Size;
                sum.Count++;
            }
        }

        return sum;
    }

    private static void Write(string path, string quota, (long Bytes, long Count) sum) =>
        DurableFile.Replace(path, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{quota}\n{$"{sum.Bytes} {sum.Count}",-13}\n")));
}
