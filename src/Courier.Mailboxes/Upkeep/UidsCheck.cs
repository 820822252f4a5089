using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Upkeep;

/// <summary>Looks through <c>courier/uids</c>, <c>index</c> and <c>forms</c>. Under the lock of the mailbox.</summary>
internal sealed class UidsCheck(MaildirFolder folder, MaildirFolder main, MailStore store, Findings findings)
{
    /// <summary>False where there is no list of UIDs: nobody has opened the mailbox here.</summary>
    internal bool Run()
    {
        if (!File.Exists(folder.Uids))
        {
            findings.Notice("courier/uids", "the mailbox was not opened by this server yet");
            return false;
        }

        var image = ReadIndex();
        var byUid = new Dictionary<uint, string>();
        var conflicts = 0;
        var uids = new UidFile(folder, store.Settings.BootId);
        var isReadable = uids.Read((uid, name) =>
        {
            if (!byUid.TryAdd(uid, name) && byUid[uid] != name)
                conflicts++;
        });
        if (!isReadable)
            findings.Damage("courier/uids", "the first line cannot be read" + (image is null ? ", nor the index: the mailbox gets a new UIDVALIDITY" : "; the index has what stood there"), () => DamagedUids.Replace(folder, main, store.Settings.BootId, image, store.Clock.GetUtcNow()));
        else
        {
            if (uids.DamagedLines > 0)
                findings.Damage("courier/uids", $"{uids.DamagedLines} lines cannot be read: their messages get new UIDs", () => Compact(uids, byUid));
            if (conflicts > 0)
                findings.Damage("courier/uids", $"{conflicts} UIDs stand for two files: the later one gets a new UID", () => Compact(uids, byUid));
        }

        CheckIndex(image, isReadable ? byUid : null);
        return true;
    }

    private IndexImage? ReadIndex() =>
        IndexFile.TryRead(folder, new Tables(new TailTable(), new KeywordTable(), NoFacts.Instance), store.Settings.BootId);

    private void CheckIndex(IndexImage? image, Dictionary<uint, string>? byUid)
    {
        if (File.Exists(folder.Index) && image is null)
            findings.Damage("courier/index", "it cannot be read; it is made anew from a listing", () => File.Delete(folder.Index));
        if (image is null || byUid is null)
            return;
        var strange = 0;
        for (var i = 0; i < image.Snapshot.Count; i++)
        {
            if (byUid.GetValueOrDefault(image.Snapshot.UidAt(i).Value) != Encoding.Latin1.GetString(image.Snapshot.NameAt(i)))
                strange++;
        }

        if (strange > 0)
            findings.Damage("courier/index", $"{strange} messages have another UID than in the list of UIDs; it is made anew from a listing", () => File.Delete(folder.Index));
        if (FileStatus.TryGet(folder.Forms, out var forms) && forms.Size < image.FormsLength)
            findings.Damage("courier/forms", "it is shorter than the index says; it is made anew as clients ask", () => File.Delete(folder.Index));
    }

    /// <summary>The same UIDs in a file without the damage. What is above the last reservation was shown to nobody.</summary>
    private void Compact(UidFile uids, Dictionary<uint, string> byUid)
    {
        // The later line of a name counts.
        var latest = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var (uid, name) in byUid)
            latest[name] = Math.Max(uid, latest.GetValueOrDefault(name));
        uids.Create(uids.UidValidity, Math.Max(uids.UidNext, uids.Reserved), latest.Select(file => (file.Value, file.Key)).OrderBy(file => file.Value));
    }

    /// <summary>Nobody asks an index that is only compared for sizes and dates.</summary>
    private sealed class NoFacts : IMessageFacts
    {
        internal static NoFacts Instance { get; } = new();

        public uint SizeOf(Snapshot snapshot, int index) => 0;

        public long DateOf(Snapshot snapshot, int index) => 0;
    }
}
