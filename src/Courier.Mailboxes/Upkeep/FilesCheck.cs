using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Content;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Upkeep;

/// <summary>Looks through the directories of a mailbox: what is missing, what lies around, and names that say something wrong about their files.</summary>
internal sealed class FilesCheck(MaildirFolder folder, MaildirFolder main, MailStore store, Findings findings)
{
    /// <summary>As every Maildir program does (courier.md §9.2).</summary>
    private static readonly TimeSpan StaleAfter = TimeSpan.FromHours(36);

    private bool IsMain => folder.Path == main.Path;

    internal void Run(bool reads)
    {
        foreach (var directory in (string[])[folder.New, folder.Tmp])
        {
            if (!Directory.Exists(directory))
                findings.Damage(Path.GetFileName(directory), "the directory is missing", () => folder.Make(IsMain));
        }

        if (!IsMain && !File.Exists(folder.Path + "/maildirfolder"))
            findings.Damage("maildirfolder", "it is missing: delivery programs would take the folder for an account", () => folder.Make(isMain: false));
        CheckOld();
        CheckNames(reads);
        CheckKeywords();
    }

    private void CheckOld()
    {
        var limit = (store.Clock.GetUtcNow() - StaleAfter - DateTimeOffset.UnixEpoch).Ticks * 100;
        var stale = ExpungedMessages.FilesIn(folder.Tmp).Where(file => file.Status.ChangedNanoseconds < limit).ToList();
        if (stale.Count > 0)
        {
            findings.Damage("tmp", $"{stale.Count} files older than 36 hours, left by programs that were killed", () =>
            {
                foreach (var (name, _) in stale)
                    RawFile.TryDelete(PathOf(folder.TmpSlash, name));
            });
        }

        // The queue may still mean to publish it: never removed here.
        var staged = ExpungedMessages.FilesIn(folder.Staging).Count(file => file.Status.ChangedNanoseconds < limit);
        if (staged > 0)
            findings.Notice("courier/staging", $"{staged} copies wait since more than 36 hours for the queue to publish them");
    }

    private void CheckNames(bool reads)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var (twice, wrong) = (0, new List<(byte[] Directory, string Name, long Bytes, long Wire)>());
        foreach (var (directory, slash) in ((string, byte[])[])[(folder.Cur, folder.CurSlash), (folder.New, folder.NewSlash)])
        {
            foreach (var (name, status) in ExpungedMessages.FilesIn(directory))
            {
                var bytes = Encoding.Latin1.GetBytes(name);
                var key = FileName.BaseOf(bytes);
                if (!seen.Add(Encoding.Latin1.GetString(key)))
                    twice++;
                var wire = reads ? WireSize(PathOf(slash, name)) : -1;
                if (FileName.Figure(key, FileName.SizeKey) is >= 0 and var size && size != status.Size
                    || (wire >= 0 && FileName.Figure(key, FileName.WireSizeKey) is >= 0 and var said && said != wire))
                    wrong.Add((slash, name, status.Size, wire));
            }
        }

        if (twice > 0)
            findings.Damage("cur", $"{twice} files have the name of another one; each gets a name of its own when the mailbox is opened", null);
        if (wrong.Count > 0)
            findings.Damage("cur", $"{wrong.Count} files have another size than their names say; they get new names, and with them new UIDs", () => wrong.ForEach(Rename));
    }

    private void Rename((byte[] Directory, string Name, long Bytes, long Wire) file)
    {
        var wire = file.Wire >= 0 ? file.Wire : WireSize(PathOf(file.Directory, file.Name));
        var colon = file.Name.IndexOf(':', StringComparison.Ordinal);
        var fresh = UniqueName.Next(store.Clock.GetUtcNow()) + $",S={file.Bytes},W={wire}" + (colon < 0 ? "" : file.Name[colon..]);
        RawFile.TryRename(PathOf(file.Directory, file.Name), PathOf(file.Directory, fresh));
    }

    private void CheckKeywords()
    {
        if (!Directory.Exists(folder.Keywords))
            return;
        var living = new HashSet<string>(StringComparer.Ordinal);
        foreach (var directory in (string[])[folder.Cur, folder.New])
            living.UnionWith(ExpungedMessages.FilesIn(directory).Select(file => file.Name.Split(':')[0]));
        var keywords = new KeywordFiles(folder);
        var (entries, damaged) = keywords.Inspect();
        var gone = entries.Count(name => !living.Contains(name));
        if (damaged > 0)
            findings.Damage("courierimapkeywords/:list", $"{damaged} lines cannot be read", () => keywords.Rewrite(living.Contains, store.Clock.GetUtcNow()));
        else if (gone > 0)
            findings.Damage("courierimapkeywords", $"keywords of {gone} messages that are gone", () => keywords.Rewrite(living.Contains, store.Clock.GetUtcNow()));
    }

    private static long WireSize(byte[] path)
    {
        if (RawFile.TryRead(path, 0, out var length) is not { } bytes)
            return -1;
        var size = LineEnds.WireLength(bytes.AsSpan(0, length));
        System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        return size;
    }

    private static byte[] PathOf(byte[] directory, string name) => RawPath.Join(new byte[RawPath.MaxBytes], directory, Encoding.Latin1.GetBytes(name), default).ToArray();
}
