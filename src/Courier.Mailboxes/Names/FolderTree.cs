using System.Text;
using Courier.IO.Files;
using Courier.Mail.Headers;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Sharing;
using Courier.Mailboxes.Upkeep;

namespace Courier.Mailboxes.Names;

/// <summary>The folders of a Maildir++ as a tree of names. A directory is a mailbox when it has a new/ (courier.md §9.1).</summary>
internal sealed class FolderTree(MaildirFolder main, TimeProvider clock, string boot, OtherServer shareWith)
{
    /// <summary>Folders in one account; beyond it no more are made. Courier's own snapshots and mutt become slow far earlier.</summary>
    private const int MaxFolders = 10_000;

    internal MaildirFolder FolderOf(MailboxName name) =>
        name.IsInbox ? main : new MaildirFolder($"{main.Path}/{(HasOldNames ? ModifiedUtf7.Encode(name.Folder) : name.Folder)}");

    /// <summary>Dovecot writes names of folders in modified UTF-7, and finds no others.</summary>
    private bool HasOldNames => ShareMark.Read(main, shareWith) == OtherServer.Dovecot;

    internal bool Exists(MailboxName name) => FolderOf(name).Exists;

    internal List<MailboxListing> List()
    {
        var mailboxes = new SortedDictionary<string, (MailboxName Name, bool Exists, bool IsMarked)>(StringComparer.Ordinal);
        foreach (var name in Names())
        {
            if (HasNew(FolderOf(name)) is { } marked)
                mailboxes[name.Value] = (name, true, marked);
        }

        // Names in between that have no directory of their own.
        foreach (var (name, _, _) in mailboxes.Values.ToList())
        {
            for (var parent = name.Parent; parent is { IsInbox: false }; parent = parent.Parent)
                mailboxes.TryAdd(parent.Value, (parent, false, false));
        }

        var listing = new List<MailboxListing>(mailboxes.Count + 1)
        {
            new(MailboxName.Inbox, true, mailboxes.Count > 0, HasNew(main) ?? false),
        };
        var parents = mailboxes.Values.Select(entry => entry.Name.Parent!.Value).ToHashSet(StringComparer.Ordinal);
        listing.AddRange(mailboxes.Values.Select(entry =>
            new MailboxListing(entry.Name, entry.Exists, parents.Contains(entry.Name.Value), entry.IsMarked)));
        return listing;
    }

    internal CreateOutcome Create(MailboxName name)
    {
        if (name.IsInbox || Exists(name))
            return CreateOutcome.AlreadyExists;
        if (Names().Count() >= MaxFolders)
            return CreateOutcome.NotAllowed;
        var folder = FolderOf(name);
        folder.Make(isMain: false);
        using (OfdLock.Take(folder.UidsLock))
        {
            var uids = new UidFile(folder, boot);
            // A directory that was there without a cur/ may have had a life before.
            if (!File.Exists(folder.Uids))
                uids.Create(UidValiditySource.Next(main, boot, clock.GetUtcNow()), 1, []);
        }

        DurableFile.FlushDirectory(main.Path);
        return CreateOutcome.Created;
    }

    internal string IdOf(MailboxName name) => MailboxId.Of(FolderOf(name));

    /// <summary>The mailbox itself and those below it that have a directory, the upper ones first.</summary>
    internal List<MailboxName> Subtree(MailboxName root) =>
        [.. Names().Where(name => (name == root || name.IsBelow(root)) && Exists(name)).OrderBy(name => name.Value.Length)];

    /// <summary>Moves the directory to <c>courier/expunged/</c> of the main Maildir, where it stays as long as expunged messages do.</summary>
    internal void Delete(MailboxName name)
    {
        var folder = FolderOf(name);
        var (bytes, count) = SumOf(folder);
        ExpungedMessages.Label(folder, name);
        main.MakeOurs();
        DurableFile.Rename(folder.Path, $"{main.Expunged}/{UniqueName.Next(clock.GetUtcNow())}.folder");
        DurableFile.FlushDirectory(main.Path);
        MaildirSize.Add(main.Path, -bytes, -count);
    }

    /// <summary>Octets and messages of a folder as the quota counts them, by what the names say.</summary>
    private static (long Bytes, int Count) SumOf(MaildirFolder folder)
    {
        var names = new DirectoryNames();
        foreach (var directory in (string[])[folder.New, folder.Cur])
        {
            try
            {
                names.Read(directory);
            }
            catch (DirectoryNotFoundException)
            {
                // A mailbox that another program has begun to remove.
            }
        }

        long bytes = 0;
        for (var i = 0; i < names.Count; i++)
            bytes += Math.Max(0, FileName.Figure(FileName.BaseOf(names[i]), FileName.SizeKey));
        return (bytes, names.Count);
    }

    private IEnumerable<MailboxName> Names()
    {
        var names = new DirectoryNames();
        names.Read(main.Path);
        var hasOldNames = HasOldNames;
        for (var i = 0; i < names.Count; i++)
        {
            // A directory whose name is no UTF-8 cannot be spoken of in IMAP: it is left alone.
            if (names[i].StartsWith((byte)'.') && System.Text.Unicode.Utf8.IsValid(names[i])
                && NameOf(Encoding.UTF8.GetString(names[i]), hasOldNames) is { } name)
                yield return name;
        }
    }

    private static MailboxName? NameOf(string directory, bool hasOldNames) =>
        (hasOldNames ? FolderNames.Decoded(directory) : null) ?? MailboxName.OfFolder(directory);

    /// <summary>Whether something lies in new/; null when it is no mailbox.</summary>
    private static bool? HasNew(MaildirFolder folder)
    {
        if (!folder.Exists)
            return null;
        try
        {
            var names = new DirectoryNames();
            names.Read(folder.New);
            return names.Count > 0;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }
}
