using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Upkeep;

/// <summary>The file <c>courier/imported</c> of a mailbox: a line for each message that was brought in, by which a second run knows it, wherever its user has
/// put it since. A message's name holds the same, for the moment in which a run was killed between the two.</summary>
internal sealed class ImportRecord
{
    private readonly string _path;
    private readonly HashSet<string> _keys;

    internal ImportRecord(MaildirFolder folder)
    {
        _path = folder.Ours + "/imported";
        _keys = [.. TextLines.Of(_path)];
        foreach (var directory in (string[])[folder.Cur, folder.New, folder.Expunged])
        {
            foreach (var (name, _) in ExpungedMessages.FilesIn(directory))
            {
                if (KeyOf(name) is { } key)
                    _keys.Add(key);
            }
        }
    }

    internal bool Has(string key) => _keys.Contains(key);

    internal static string NameOf(string key, DateTimeOffset now) => $"{now.ToUnixTimeSeconds()}.I{key}.{UniqueName.Host}";

    internal void Add(IReadOnlyCollection<string> keys)
    {
        if (keys.Count == 0)
            return;
        _keys.UnionWith(keys);
        if (!RawFile.TryAppend(_path, Encoding.ASCII.GetBytes(string.Concat(keys.Select(key => key + "\n"))), create: true, sync: true))
            throw new IOException($"{_path} cannot be written");
    }

    private static string? KeyOf(string name)
    {
        var words = name.Split('.');
        return words.Length > 2 && words[1] is ['I', .. { Length: >= 32 } key] ? key : null;
    }
}
