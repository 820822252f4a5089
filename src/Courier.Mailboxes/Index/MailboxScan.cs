using System.Buffers;
using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes.Index;

/// <summary>Brings a mailbox in step with its directory by one listing of names: no stat and no open of any file.</summary>
/// <remarks>Steps: (1) stat the directories; (2) list new/, then cur/: a message moved meanwhile is seen twice rather than never;
/// (3) stat again. What the listing shows is taken at once; what it does not show counts as gone only when the times did not move in between.
/// Times go in ticks: where the directory changed just before, a rename during the listing need not move them. Then a second listing
/// decides, a tick later, if the times are still the same. A rename during a listing can hide a file from it: before UIDs are given or shown that are
/// higher than that of a file which no listing has shown, all is listed again, with the lock held so that nobody gives more.</remarks>
internal sealed class MailboxScan
{
    /// <summary>Listings in one refresh; a Maildir that changes faster is looked at again with the next one.</summary>
    private const int MaxListings = 5;

    /// <summary>Longest tick of a kernel that we know of (HZ=100), doubled.</summary>
    private const int TickMs = 20;

    private const long TickNanoseconds = TickMs * 1_000_000L;

    /// <summary>As many leave their names where the listing put them.</summary>
    private const int SharedFrom = 4096;

    private readonly MailboxState _state;
    private readonly Snapshot _basis;
    private readonly SnapshotEditor _editor;
    private readonly bool _listsNew;
    private readonly bool _listsCur;
    private readonly byte[] _seen;

    /// <summary>Names whose base another name in the listing has too.</summary>
    private readonly List<(byte[] Name, bool InNew)> _seconds = [];
    private readonly Newcomers _newcomers = new();
    private readonly long _modSeq;
    private readonly bool _isRestarted;

    /// <summary>There is no time for another listing.</summary>
    private readonly bool _isLast;

    /// <summary>What was in <see cref="MailboxState.Pending"/> by then was on the disk before the listing began.</summary>
    private readonly int _pendingBefore;
    private bool _changesFlags;

    private MailboxScan(MailboxState state, bool listsNew, bool listsCur, bool isRestarted, bool isLast)
    {
        (_state, _listsNew, _listsCur, _isRestarted, _isLast) = (state, listsNew, listsCur, isRestarted, isLast);
        _basis = state.Current;
        _editor = new SnapshotEditor(_basis);
        _seen = ArrayPool<byte>.Shared.Rent(Math.Max(1, _basis.Count));
        _seen.AsSpan(0, _basis.Count).Clear();
        _modSeq = state.NextModSeq();
        _pendingBefore = state.PendingReads;
        if (_state.Names is null || _state.Names.IsStale(_basis.Count))
            _state.Names = NameTable.Of(_basis);
    }

    /// <summary>Under the gate.</summary>
    internal static void Run(MailboxState state)
    {
        var watch = state.Watcher;
        var (listsAll, isRestarted) = (false, false);
        DirectoryTimes? waited = null;
        IDisposable? held = null;
        try
        {
            for (var attempt = 1; attempt <= MaxListings; attempt++)
            {
                var stamp = state.Stamp;
                var dirty = watch.TakeDirty();
                if (state.Folder.Times() is not { } before)
                {
                    state.IsGone = true;
                    return;
                }

                var now = state.StampNow(before);
                var listsNew = listsAll || dirty.New || before.New != stamp.Times.New || !(watch.IsActive || stamp.IsNewSettled);
                var listsCur = listsAll || dirty.Cur || before.Cur != stamp.Times.Cur || !(watch.IsActive || stamp.IsCurSettled);
                var readsKeywords = before.Keywords != stamp.Times.Keywords || !stamp.AreKeywordsSettled;
                if (!listsNew && !listsCur && !readsKeywords)
                {
                    state.Publish(state.Current, now);
                    return;
                }

                var scan = new MailboxScan(state, listsNew, listsCur, isRestarted, attempt == MaxListings);
                var (missing, isStable) = scan.List(before, now, waited, readsKeywords);
                if (isStable && missing == 0)
                {
                    state.Publish(state.Current, now);
                    if (scan._seconds.Count > 0)
                        SecondNames.Resolve(state, scan._seconds);
                    return;
                }

                // Nobody gives UIDs from here on, until those that were given are ours too.
                if (missing is null)
                    held ??= state.HoldLock();
                // The first time it is the lists that have to agree, which takes no tick.
                var waits = isStable && (missing is not null || isRestarted);
                isRestarted |= missing is null;
                listsAll = missing is null || isStable;
                waited = waits ? before : null;
                if (waits)
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
            held?.Dispose();
        }
    }

    /// <summary>Returns how many messages were missing but may not be called gone yet, null when all has to be listed again; and whether the directories
    /// stayed as they were.</summary>
    private (int? Missing, bool IsStable) List(DirectoryTimes before, Stamp now, DirectoryTimes? waited, bool readsKeywords)
    {
        try
        {
            if (_listsNew)
                DirectoryNames.Each(_state.Folder.New, name => Meet(name, inNew: true));
            if (_listsCur)
                DirectoryNames.Each(_state.Folder.Cur, name => Meet(name, inNew: false));
            var isStable = _state.Folder.Times() == before;
            var isFresh = now.ReadAt - Math.Max(before.New, before.Cur) < TickNanoseconds;
            return (Merge(isStable && (!isFresh || before == waited), readsKeywords), isStable);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_seen);
        }
    }

    private int? Merge(bool mayRemove, bool readsKeywords)
    {
        var missing = FindMissing(mayRemove);
        var isProof = _listsNew && _listsCur && mayRemove;
        if ((_newcomers.Count > 0 || (_state.HoldsLock && _state.Pending.Count > 0)) && !AddNewcomers(isProof))
            return null;
        if (isProof && _pendingBefore == _state.PendingReads)
            _state.Pending.Clear();
        if (!_editor.IsEmpty || _basis.UidNext.Value != _state.Uids.UidNext)
            Publish();
        // After the listing: a file and its keywords may have come together.
        if (readsKeywords)
            _state.ApplyKeywords(_modSeq);
        return missing;
    }

    private void Publish()
    {
        var modSeq = _changesFlags || _editor.RemovedCount > 0 || _newcomers.Count > 0 ? _modSeq : _basis.HighestModSeq.Value;
        _state.Publish(_editor.Finish(_state.Uids.UidValidity, _state.Uids.UidNext, modSeq), _state.Stamp);
    }

    private void Meet(ReadOnlySpan<byte> name, bool inNew)
    {
        var key = FileName.BaseOf(name);
        // Names with a dot in front are other programs' own business, and no message has an empty one.
        if (key.IsEmpty || name[0] == (byte)'.')
            return;
        var tail = name[key.Length..];
        var index = _state.Names!.Find(_basis, key);
        if (index < 0 || (_state.Superseded.Count > 0 && Replace(index)))
        {
            _newcomers.Add(key, _state.Tables.Tails.IdOf(tail), inNew);
            return;
        }

        ref readonly var known = ref _basis.EntryAt(index);
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
    /// <returns>False, with nothing done, when the list of UIDs says that messages which we show are others by now, or names files that the listing does
    /// not show: they go first.</returns>
    private bool AddNewcomers(bool isProof)
    {
        var newcomers = _newcomers;
        using (_state.TakeLock())
        {
            _state.ReadUids();
            if (_state.Superseded.Count > 0 && !_isRestarted)
                return false;
            if (_state.Pending.Count > 0 && !TakePending(isProof && _pendingBefore == _state.PendingReads))
                return false;
            newcomers.Sort(item => _seconds.Add(([.. newcomers.NameOf(item), .. _state.Tables.Tails[item.Tail]], item.InNew)));
            var known = 0;
            while (known < newcomers.Count && newcomers.InOrder(known).Uid != 0)
                known++;
            var without = newcomers.Count - known;
            if (without > 0)
            {
                var uid = _state.Uids.Give(without);
                for (var i = 0; i < without; i++)
                    newcomers.InOrder(known + i).Uid = uid++;
                _state.Uids.Add(without, (int i, out uint given) =>
                {
                    ref readonly var item = ref newcomers.InOrder(known + i);
                    given = item.Uid;
                    return newcomers.NameOf(item);
                });
            }

            _state.Sharing?.Add(Enumerable.Range(0, newcomers.Count).Select(i => (newcomers.InOrder(i).Uid, KeyOf(newcomers.InOrder(i)))));
        }

        AddToSnapshot();
        return true;
    }

    /// <summary>Under the lock: files that another process numbered get the UIDs that they have.</summary>
    /// <returns>False when one of them is not there, though it may be: all has to be listed again.</returns>
    private bool TakePending(bool isProof)
    {
        var last = _basis.LastUid;
        var hidden = _state.Pending.Where(file => file.Value > last).ToDictionary(file => file.Key, file => file.Value, StringComparer.Ordinal);
        FindIn(hidden, 0);
        if (hidden.Count > 0 && !isProof)
        {
            if (!_isLast)
                return false;
            // A Maildir in which every listing was disturbed: the files are looked for one by one.
            var listed = _newcomers.Count;
            foreach (var name in hidden.Keys)
                HiddenFile.Find(_state.Folder, name, Meet);
            FindIn(hidden, listed);
        }

        return true;
    }

    /// <summary>Gives the newcomers from a place on the UIDs that stand for them, and takes those out.</summary>
    private void FindIn(Dictionary<string, uint> hidden, int from)
    {
        var found = new List<string>();
        for (var place = from; place < _newcomers.Count; place++)
        {
            ref var item = ref _newcomers.At(place);
            var key = KeyOf(item);
            if (!hidden.TryGetValue(key, out var uid))
                continue;
            found.Add(key);
            if (_state.Sharing?.Allows(uid, key) != false)
                item.Uid = uid;
        }

        // Not before all were looked at: one name may be there twice.
        found.ForEach(key => hidden.Remove(key));
    }

    private string KeyOf(in Newcomers.Item item) => System.Text.Encoding.Latin1.GetString(_newcomers.NameOf(item));

    private void AddToSnapshot()
    {
        // Of many the table is made when the next listing needs it: not while what this one showed is in memory too.
        var isLarge = _newcomers.Count >= SharedFrom;
        if (isLarge)
            _state.Names = null;
        new NewcomerEntries(_newcomers, _state.Tables, _modSeq).AddTo(_editor, _state.Names, keepsNames: isLarge);

        // What has a lower UID than the last message cannot be shown under it any more.
        var last = _newcomers.Count == 0 ? 0 : _newcomers.InOrder(_newcomers.Count - 1).Uid;
        foreach (var (name, uid) in _state.Pending)
        {
            if (uid <= last)
                _state.Pending.Remove(name);
        }
    }
}
