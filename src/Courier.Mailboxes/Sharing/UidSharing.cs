using Courier.IO.Files;
using Courier.Mailboxes.Index;

namespace Courier.Mailboxes.Sharing;

/// <summary>Keeps our UIDs and those of another server that serves the same mailbox the same, for as long as both do.</summary>
/// <remarks>Whoever gives a UID holds the other server's own lock from before its list is read until the new line stands in it, so that the two
/// disagree only where one of them was killed, ran without its lock, or served the mailbox alone for a time. Then (1) a file keeps the UID that it has
/// there if no file of ours can have had that one; (2) any other file gets a new UID, above all that either server gave, here and there; (3) of two
/// UIDVALIDITYs the higher counts. So no UID ever names two files, whoever is asked. Everything runs under the mailbox's gate and both locks.</remarks>
internal sealed class UidSharing(MailboxState state, OtherServer server)
{
    /// <summary>Both servers hold it for one listing of the directory.</summary>
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(30);

    /// <summary>Lines of files that are gone are dropped when they are more than the living and this; the other server drops them sooner.</summary>
    private const int SpareLines = 1024;

    private UidList? _list;
    private FileStatus _seen;
    private bool _agrees;

    internal OtherServer With => server;

    /// <summary>Their list is not as we last left it.</summary>
    internal bool HasChanged => !_agrees || Status() != _seen;

    /// <summary>Keeps the other server from giving UIDs.</summary>
    internal DotLock Lock()
    {
        var path = server == OtherServer.Courier ? state.Folder.Tmp + "/courier.lock" : ListPath + ".lock";
        if (server == OtherServer.Courier && state.Folder.Exists)
            Directory.CreateDirectory(state.Folder.Tmp);
        return DotLock.TryTake(path, LockLimit) ?? throw new IOException($"{path} was held by another program for {LockLimit.TotalSeconds} s");
    }

    /// <summary>After our own list was read: takes in what the other server gave since.</summary>
    internal void Read()
    {
        if (_list is not null && Status() == _seen)
            return;
        _agrees = false;
        _list = UidList.Read(state.Folder, server);
        _seen = Status();
        if (_list is not null && _list.UidValidity > state.Uids.UidValidity)
            state.Retake(_list);
        if (_list is null || _list.UidValidity < state.Uids.UidValidity)
        {
            WriteOurs();
            return;
        }

        var next = state.Uids.UidNext;
        var given = _list.Lines.Where(line => line.Key >= next).Select(line => (line.Key, line.Value.Name)).ToList();
        state.Uids.Raise(_list.UidNext);
        state.Uids.Add(given);
        foreach (var (uid, name) in given)
            state.OnUid(uid, name);
        var doubtful = Doubtful(_list).ToList();
        if (doubtful.Count == 0)
            return;
        GiveAnew(_list, doubtful);
        Save(_list);
    }

    /// <summary>Files whose UID here is, or may have been, another file's there: nobody is shown that UID for them any more. One that is not where we
    /// know it is looked at after the next listing.</summary>
    private IEnumerable<string> Doubtful(UidList list)
    {
        var snapshot = state.Current;
        for (var i = 0; i < snapshot.Count; i++)
        {
            var uid = snapshot.UidAt(i).Value;
            if (uid < list.UidNext && !state.Superseded.Contains(uid) && list.NameOf(uid) is var there && there != NameAt(snapshot, i)
                && (there is not null || (list.UidOf(NameAt(snapshot, i)) == 0 && state.Reader.IsThere(snapshot, i))))
                yield return NameAt(snapshot, i);
        }
    }

    /// <summary>Whether a file that we meet may have the UID that our list has for it.</summary>
    internal bool Allows(uint uid, string name) => _list!.UidOf(name) == uid || uid >= _list.UidNext;

    /// <summary>Before anybody is shown these: we gave them, or a process of ours that was killed before it came to this.</summary>
    internal void Add(IEnumerable<(uint Uid, string Name)> files)
    {
        var list = _list!;
        var given = files.Where(file => list.UidOf(file.Name) != file.Uid).ToList();
        if (given.Count == 0)
            return;
        var continues = server == OtherServer.Dovecot && list.IsThird && given.All(file => file.Uid >= list.UidNext && list.UidOf(file.Name) == 0 && IsNameable(file.Name));
        foreach (var (uid, name) in given.Where(file => IsNameable(file.Name)))
            list.Put(uid, name);
        if (continues && RawFile.TryAppend(ListPath, UidList.WriteLines(given), create: false, sync: false))
            _seen = Status();
        else
            Save(list);
    }

    /// <summary>After a listing: settles where the two lists disagree. True when messages of ours have other UIDs now, which the next listing shows.</summary>
    internal bool Settle()
    {
        if (!HasChanged)
            return false;
        using var only = state.TakeLock();
        state.ReadUids();
        var (list, snapshot, theirNext) = (_list!, state.Current, _list!.UidNext);
        var renamed = new List<string>();
        var isChanged = theirNext < state.Uids.UidNext;
        for (var i = 0; i < snapshot.Count; i++)
        {
            var (uid, name) = (snapshot.UidAt(i).Value, NameAt(snapshot, i));
            if (list.UidOf(name) == uid || state.Superseded.Contains(uid) || !IsNameable(name))
                continue;
            isChanged = true;
            if (uid >= theirNext && !list.HasUid(uid))
                list.Put(uid, name);
            else
                renamed.Add(name);
        }

        if (renamed.Count > 0)
            GiveAnew(list, renamed);
        if (isChanged)
            Save(list);
        _agrees = true;
        return renamed.Count > 0;
    }

    private void GiveAnew(UidList list, List<string> names)
    {
        state.Uids.Raise(list.UidNext);
        var uid = state.Uids.Give(names.Count);
        var given = names.Select(name => (uid++, name)).ToList();
        state.Uids.Add(given);
        foreach (var (fresh, name) in given)
        {
            list.Put(fresh, name);
            state.OnUid(fresh, name);
        }

        Log.Disagreed(state.Store.Logger, state.Folder.Path, names.Count, server);
    }

    /// <summary>They have no list, or one of an older life of the mailbox.</summary>
    private void WriteOurs()
    {
        var list = UidList.Empty(state.Uids.UidValidity, state.Uids.UidNext);
        var snapshot = state.Current;
        for (var i = 0; i < snapshot.Count; i++)
            list.Put(snapshot.UidAt(i).Value, NameAt(snapshot, i));
        foreach (var (name, uid) in state.Pending)
            list.Put(uid, name);
        Save(_list = list);
    }

    private void Save(UidList list)
    {
        list.Raise(state.Uids.UidNext);
        var snapshot = state.Current;
        if (list.Lines.Count > (snapshot.Count * 2) + SpareLines)
            list.Keep((uid, name) => snapshot.IndexOf(new Uid(uid)) >= 0 || state.Pending.ContainsKey(name) || uid > snapshot.LastUid);
        var mode = File.Exists(ListPath) ? File.GetUnixFileMode(ListPath) : UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var temporary = $"{state.Folder.Tmp}/{UniqueName.Next()}.uids";
        RawFile.Write(temporary, list.Write(server));
        File.SetUnixFileMode(temporary, mode);
        DurableFile.Rename(temporary, ListPath);
        _seen = Status();
    }

    private static string NameAt(Snapshot snapshot, int index) => System.Text.Encoding.Latin1.GetString(snapshot.NameAt(index));

    private string ListPath => UidList.FileOf(state.Folder, server);

    private FileStatus Status() => FileStatus.TryGet(ListPath, out var status) ? status : default;

    /// <summary>A line feed in a name would end its line.</summary>
    private static bool IsNameable(string name) => !name.Contains('\n', StringComparison.Ordinal);
}
