using System.Globalization;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>Two different files with one base name (a program that copied where it should have renamed, a backup put back) would be one message, and one
/// of them never seen. The second is given a name of its own, as Dovecot does.</summary>
internal static class SecondNames
{
    /// <summary>Renames in one listing; the next does the rest.</summary>
    private const int MaxRenames = 100;

    /// <summary>Under the gate, after a listing that nothing moved in.</summary>
    internal static void Resolve(MailboxState state, List<(byte[] Name, bool InNew)> seconds)
    {
        Span<byte> firstPath = stackalloc byte[RawPath.MaxBytes];
        Span<byte> secondPath = stackalloc byte[RawPath.MaxBytes];
        Span<byte> newPath = stackalloc byte[RawPath.MaxBytes];
        foreach (var (name, inNew) in seconds.Take(MaxRenames))
        {
            var key = FileName.BaseOf(name);
            var snapshot = state.Current;
            var index = NameTable.Of(snapshot).Find(snapshot, key);
            if (index < 0)
                continue;
            var directory = inNew ? state.Folder.NewSlash : state.Folder.CurSlash;
            var second = RawPath.Join(secondPath, directory, name, default);
            var first = state.Reader.PathOf(firstPath, snapshot.EntryAt(index), key);
            // The same inode twice is a rename by link and unlink that is under way; the same path is the message itself.
            if (second.SequenceEqual(first) || !FileStatus.TryGet(second, out var other) || !FileStatus.TryGet(first, out var status) || other.Inode == status.Inode)
                continue;
            var fresh = string.Create(CultureInfo.InvariantCulture, $"{UniqueName.Next(state.Now)},S={other.Size}");
            if (RawFile.TryRename(second, RawPath.Join(newPath, directory, Encoding.UTF8.GetBytes(fresh), name.AsSpan(key.Length))))
                Log.DuplicateRenamed(state.Store.Logger, state.Folder.Path, Encoding.UTF8.GetString(name));
            state.Watcher.MarkDirty();
        }
    }
}
