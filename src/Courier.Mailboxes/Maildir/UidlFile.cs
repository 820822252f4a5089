using System.Text;
using Courier.IO.Files;

namespace Courier.Mailboxes.Maildir;

/// <summary>The file <c>courier/uidls</c>: what POP3 clients know messages by that another server showed them first. A line for each:
/// the UIDL, a space, the base name. Written once, when the mailbox is taken over; messages that came later are not in it.</summary>
internal sealed class UidlFile(MaildirFolder folder)
{
    private string FilePath => folder.Ours + "/uidls";

    internal void Write(Dictionary<string, string> uidls)
    {
        if (uidls.Count == 0 || File.Exists(FilePath))
            return;
        DurableFile.Replace(FilePath, Encoding.Latin1.GetBytes(string.Concat(uidls.Select(entry => $"{entry.Value} {entry.Key}\n"))));
    }

    /// <summary>By base name; empty where nothing was taken over.</summary>
    internal Dictionary<string, string> Read()
    {
        var uidls = new Dictionary<string, string>(StringComparer.Ordinal);
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(FilePath + "\0"), 0, out var length);
        if (bytes is null)
            return uidls;
        foreach (var line in Encoding.Latin1.GetString(bytes, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0)
                uidls[line[(space + 1)..]] = line[..space];
        }

        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        return uidls;
    }
}
