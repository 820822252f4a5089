using System.Globalization;
using System.Text;
using Courier.IO.Files;

namespace Courier.Mailboxes.Maildir;

/// <summary>Courier's <c>maildirsize</c> (courier.md §9.3): we keep its sum right where it exists, and never make it.</summary>
internal static class MaildirSize
{
    /// <summary>Lines are this long in Courier, so that a reader can tell how many there are.</summary>
    private const int LineBytes = 14;

    internal static string PathIn(string mainMaildir) => mainMaildir + "/maildirsize";

    /// <summary>Adds (or with negative figures takes away) octets and messages.</summary>
    internal static void Add(string mainMaildir, long bytes, int count)
    {
        if (count == 0 && bytes == 0)
            return;
        var line = string.Create(CultureInfo.InvariantCulture, $"{bytes} {count}").PadRight(LineBytes - 1) + "\n";
        _ = RawFile.TryAppend(PathIn(mainMaildir), Encoding.ASCII.GetBytes(line), create: false, sync: false);
    }
}
