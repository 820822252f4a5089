using System.Buffers;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>Brings a mailbox in step with its directory by one listing of names: no stat and no open of any file.</summary>
/// <remarks>Steps: (1) stat the directories; (2) list new/, then cur/: a message moved meanwhile is seen twice rather than never;
/// (3) stat again. What the listing shows is taken at once; what it does not show counts as gone only when the times did not move in between.
/// Times go in ticks: where the directory changed just before, a rename during the listing need not move them. Then a second listing
/// decides, a tick later, if the times are still the same.</remarks>
internal sealed class MailboxScan
{
    /// <summary>Listings in one refresh; a Maildir that changes faster is looked at again with the next one.</summary>
    private const int MaxListings = 5;

    /// <summary>Longest tick of a kernel that we know of (HZ=100), doubled.</summary>
    private const int TickMs = 20;

    private const long TickNanoseconds = TickMs * 1_000_000L;

    private readonly MailboxState _state;
    private readonly DirectoryNames _listing;
    private readonly Snapshot _basis;
    private readonly SnapshotEditor _editor;
    private readonly bool _listsNew;
    private readonly bool _listsCur;
    private readonly byte[] _seen;

    /// <summary>Names whose base another name in the listing has too.</summary>
    private readonly List<(byte[] Name, bool InNew)> _seconds;
    private readonly List<(int Name, bool InNew)> _newcomers = [];
    private readonly long _modSeq;
    private readonly bool _isRestarted;
    private bool _changesFlags;

    private MailboxScan(MailboxState state, DirectoryNames listing, List<(byte[] Name, bool InNew)> seconds, bool listsNew, bool listsCur, bool isRestarted)
    {
        (_state, _listing, _seconds, _listsNew, _listsCur, _isRestarted) = (state, listing, seconds, listsNew, listsCur, isRestarted);
        _basis = state.Current;
        _editor = new SnapshotEditor(_basis);
        _seen = ArrayPool<byte>.Shared.Rent(Math.Max(1, _basis.Count));
        _seen.AsSpan(0, _basis.Count).Clear();
        _modSeq = state.NextModSeq();
    }

    /// <summary>Under the gate.</summary>
    internal static void Run(MailboxState state)
    {
        var listing = state.Store.RentListing();
        var watch = state.Watcher;
        var (confirms, isRestarted) = (false, false);
        DirectoryTimes? waited = null;
        try
        {
            for (var attempt = 0; attempt < MaxListings; attempt++)
            {
                var seconds = new List<(byte[] Name, bool InNew)>();
                var stamp = state.Stamp;
                var dirty = watch.TakeDirty();
                if (state.Folder.Times() is not { } before)
                {
                    state.IsGone = true;
                    return;
                }

                var now = state.StampNow(before);
                var listsNew = confirms || dirty.New || before.New != stamp.Times.New || !(watch.IsActive || stamp.IsNewSettled);
                var listsCur = confirms || dirty.Cur || before.Cur != stamp.Times.Cur || !(watch.IsActive || stamp.IsCurSettled);
                listing.Clear();
                if (listsNew)
                    listing.Read(state.Folder.New);
                var newCount = listing.Count;
                if (listsCur)
                    listing.Read(state.Folder.Cur);
                var isStable = state.Folder.Times() == before;
                var isFresh = now.ReadAt - Math.Max(before.New, before.Cur) < TickNanoseconds;
                var readsKeywords = before.Keywords != stamp.Times.Keywords || !stamp.AreKeywordsSettled;
                int? missing = 0;
                if (listsNew || listsCur || readsKeywords)
                    missing = new MailboxScan(state, listing, seconds, listsNew, listsCur, isRestarted).Merge(newCount, isStable && (!isFresh || before == waited), readsKeywords);
                if (isStable && missing == 0)
                {
                    state.Publish(state.Current, now);
                    if (seconds.Count > 0)
                        SecondNames.Resolve(state, seconds);
                    return;
                }

                isRestarted |= missing is null;
                confirms = isStable && missing is not null;
                waited = confirms ? before : null;
                if (confirms)
                    CancellationToken.None.WaitHandle.WaitOne(TickMs);
            }

            watch.MarkDirty();
        }
        catch
        {
            watch.MarkDirty();
            throw;
        }
        finally
        {
            state.Store.ReturnListing(listing);
        }
    }

    /// <summary>Returns how many messages were missing but may not be called gone yet; null when all has to be listed again.</summary>
    private int? Merge(int newCount, bool mayRemove, bool readsKeywords)
    {
        try
        {
            if (_state.Names is null || _state.Names.IsStale(_basis.Count))
                _state.Names = NameTable.Of(_basis);
            for (var i = 0; i < _listing.Count; i++)
                Meet(i, i < newCount);
            var missing = FindMissing(mayRemove);
            if (_newcomers.Count > 0 && !AddNewcomers())
                return null;
            if (_listsNew && _listsCur && mayRemove)
                _state.Pending.Clear();
            if (!_editor.IsEmpty || _basis.UidNext.Value != _state.Uids.UidNext)
                Publish();
            // After the listing: a file and its keywords may have come together.
            if (readsKeywords)
                _state.ApplyKeywords(_modSeq);
            return missing;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_seen);
        }
    }

    private void Publish()
    {
        var modSeq = _changesFlags || _editor.RemovedCount > 0 || _newcomers.Count > 0 ? _modSeq : _basis.HighestModSeq.Value;
        _state.Publish(_editor.Finish(_state.Uids.UidValidity, _state.Uids.UidNext, modSeq), _state.Stamp);
    }

    private void Meet(int at, bool inNew)
    {
        var name = _listing[at];
        var key = FileName.BaseOf(name);
        // Names with a dot in front are other programs' own business, and no message has an empty one.
        if (key.IsEmpty || name[0] == (byte)'.')
            return;
        var index = _state.Names!.Find(_basis, key);
        if (index < 0 || (_state.Superseded.Count > 0 && Replace(index)))
        {
            _newcomers.Add((at, inNew));
            return;
        }

        ref readonly var known = ref _basis.EntryAt(index);
        var tail = name[key.Length..];
        var isSame = known.IsNew == inNew && _state.Tables.Tails[known.Tail].AsSpan().SequenceEqual(tail);
        if (_seen[index] == 0)
        {
            // In new/ under a name that lies in cur/, which nobody touched: a second file of that name.
            if (inNew && !known.IsNew && !_listsCur)
            {
                _seconds.Add((name.ToArray(), inNew));
                return;
            }

            _seen[index] = 1;
            if (!isSame)
                Apply(index, inNew, tail);
            return;
        }

        // A second file of the same name, or the same one met before and after a rename. The one that we know goes first, then the one in cur/.
        ref readonly var first = ref _editor.Peek(index);
        var firstName = (byte[])[.. key, .. _state.Tables.Tails[first.Tail]];
        if (isSame || (first.IsNew && !inNew))
        {
            _seconds.Add((firstName, first.IsNew));
            Apply(index, inNew, tail);
        }
        else
            _seconds.Add((name.ToArray(), inNew));
    }

    /// <summary>Another process of ours saw this file go and come back, and gave it another UID: the one we know is of a message that is gone.</summary>
    private bool Replace(int index)
    {
        if (!_state.Superseded.Remove(_basis.UidAt(index).Value))
            return false;
        _seen[index] = 1;
        _editor.Remove(index);
        return true;
    }

    private void Apply(int index, bool inNew, ReadOnlySpan<byte> tail)
    {
        ref var entry = ref _editor.Change(index);
        var flags = FileName.FlagsOf(FileName.LettersOf(tail));
        entry.Tail = _state.Tables.Tails.IdOf(tail);
        entry.Place = inNew ? Place.New | Place.Unclaimed : entry.IsNew ? Place.None : entry.Place;
        if (entry.Flags == flags)
            return;
        entry.Flags = flags;
        entry.ModSeq = _modSeq;
        _changesFlags = true;
    }

    private int FindMissing(bool mayRemove)
    {
        var missing = 0;
        for (var index = 0; index < _basis.Count; index++)
        {
            if (_seen[index] != 0)
                continue;
            var wasListed = _basis.EntryAt(index).IsNew ? _listsNew : _listsCur;
            if (!wasListed)
                continue;
            missing++;
            if (!mayRemove)
                continue;
            _state.Reader.Remember(_basis.UidAt(index), _basis.NameAt(index));
            _editor.Remove(index);
        }

        return mayRemove ? 0 : missing;
    }

    /// <summary>Gives UIDs to files that have none, in order of their delivery and then of their names.</summary>
    /// <returns>False, with nothing done, when the list of UIDs says that messages which we show are others by now: they go first.</returns>
    private bool AddNewcomers()
    {
        var files = new List<Newcomer>(_newcomers.Count);
        foreach (var (at, inNew) in _newcomers)
        {
            var name = _listing[at];
            var key = FileName.BaseOf(name);
            files.Add(new Newcomer(at, Encoding.Latin1.GetString(key), inNew, FileName.TimeOf(name)));
        }

        using (_state.TakeLock())
        {
            _state.ReadUids();
            if (_state.Superseded.Count > 0 && !_isRestarted)
                return false;
            var last = _basis.LastUid;
            foreach (var file in files)
            {
                if (_state.Pending.TryGetValue(file.Key, out var uid) && uid > last && _state.Sharing?.Allows(uid, file.Key) != false)
                    file.Uid = uid;
            }

            files.Sort(Newcomer.InOrder);
            DropSecondNames(files);
            var without = files.FindAll(file => file.Uid == 0);
            if (without.Count > 0)
            {
                var uid = _state.Uids.Give(without.Count);
                foreach (var file in without)
                    file.Uid = uid++;
                _state.Uids.Add([.. without.Select(file => (file.Uid, file.Key))]);
            }

            _state.Sharing?.Add(files.Select(file => (file.Uid, file.Key)));
        }

        foreach (var file in files)
            Add(file);
        return true;
    }

    private void Add(Newcomer file)
    {
        var name = _listing[file.At];
        var key = FileName.BaseOf(name);
        var tail = name[key.Length..];
        var size = FileName.Figure(key, FileName.WireSizeKey);
        var entry = new Entry
        {
            Uid = file.Uid,
            Flags = FileName.FlagsOf(FileName.LettersOf(tail)),
            Tail = _state.Tables.Tails.IdOf(tail),
            Place = file.InNew ? Place.New | Place.Unclaimed : Place.None,
            Size = size is >= 0 and < Entry.UnknownSize ? (uint)size : Entry.UnknownSize,
            Date = Entry.UnknownDate,
            ModSeq = _modSeq,
        };
        _editor.Add(entry, key);
        _state.Names!.Add(key, file.Uid);
    }

    /// <summary>Of two new files with one base name the one in cur/ is the message; the other waits until that is gone.</summary>
    private void DropSecondNames(List<Newcomer> files)
    {
        var best = new Dictionary<string, Newcomer>(files.Count, StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (!best.TryGetValue(file.Key, out var other) || (other.InNew && !file.InNew))
                best[file.Key] = file;
        }

        if (best.Count == files.Count)
            return;
        foreach (var file in files.Where(file => !ReferenceEquals(best[file.Key], file)))
            _seconds.Add((_listing[file.At].ToArray(), file.InNew));
        files.RemoveAll(file => !ReferenceEquals(best[file.Key], file));
    }

    private sealed class Newcomer(int at, string key, bool inNew, long time)
    {
        internal int At => at;

        internal string Key => key;

        internal bool InNew => inNew;

        internal uint Uid { get; set; }

        private long Time => time;

        /// <summary>Those that have a UID first: others that come later get higher ones.</summary>
        internal static int InOrder(Newcomer left, Newcomer right)
        {
            if (left.Uid != 0 && right.Uid != 0)
                return left.Uid.CompareTo(right.Uid);
            if (left.Uid != right.Uid)
                return left.Uid == 0 ? 1 : -1;
            var order = left.Time.CompareTo(right.Time);
            return order != 0 ? order : string.CompareOrdinal(left.Key, right.Key);
        }
    }
}
