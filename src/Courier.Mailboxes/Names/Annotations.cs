using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Names;

/// <summary>What users note about a mailbox (RFC 5464): the file <c>courier/metadata</c> of the mailbox, or <c>courier/metadata-server</c> of the main
/// Maildir for what is about the account. A line for each entry: its name, a space, its value in base64. Names have no case.</summary>
internal sealed class Annotations(MaildirFolder folder, bool isServer)
{
    /// <summary>Entries of one mailbox: clients keep a few.</summary>
    internal const int MaxEntries = 100;

    private string FilePath => folder.Ours + (isServer ? "/metadata-server" : "/metadata");

    internal SortedDictionary<string, byte[]> Read()
    {
        var entries = new SortedDictionary<string, byte[]>(StringComparer.OrdinalIgnoreCase);
        var bytes = RawFile.TryRead(Encoding.UTF8.GetBytes(FilePath + "\0"), 0, out var length);
        if (bytes is null)
            return entries;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var value = new byte[line.Length];
            // A line that somebody has spoilt is no entry.
            if (space > 0 && Convert.TryFromBase64String(line[(space + 1)..], value, out var octets))
                entries[line[..space]] = value[..octets];
        }

        return entries;
    }

    /// <summary>All of the changes or none, durable; false when there would be too many entries.</summary>
    internal bool Change(IReadOnlyList<KeyValuePair<string, byte[]?>> changes)
    {
        folder.MakeOurs();
        using var only = OfdLock.Take(FilePath + ".lock");
        var entries = Read();
        foreach (var (name, value) in changes)
        {
            if (value is null)
                entries.Remove(name);
            else
                entries[name] = value;
        }

        if (entries.Count > MaxEntries)
            return false;
        DurableFile.Replace(FilePath, Encoding.UTF8.GetBytes(string.Concat(entries.Select(entry => $"{entry.Key} {Convert.ToBase64String(entry.Value)}\n"))));
        return true;
    }
}
