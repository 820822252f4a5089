using Courier.IO.Files;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Sharing;

namespace Courier.Mailboxes.Index;

/// <summary>The files beside the directory: the locks, the lists of UIDs, and the index that is read first and written last.</summary>
internal sealed partial class MailboxState
{
    /// <summary>Excludes other processes of ours, and the server that the account is shared with. Waits for them on the thread: they hold it for moments.</summary>
    internal IDisposable? TakeLock()
    {
        if (HoldsLock)
            return null;
        CheckSharing();
        var ours = TakeOurLock();
        try
        {
            Placements.Continue();
            return Sharing is { } sharing ? new BothLocks(ours, sharing.Lock()) : ours;
        }
        catch
        {
            ours.Dispose();
            throw;
        }
    }

    /// <summary>The same over several listings, none of which takes it then; null where it is held already.</summary>
    internal IDisposable? HoldLock()
    {
        if (TakeLock() is not { } taken)
            return null;
        HoldsLock = true;
        return new HeldLock(this, taken);
    }

    private OfdLock TakeOurLock()
    {
        // Another program made this Maildir, or somebody cleaned up.
        if (!Directory.Exists(Folder.Ours) && Folder.Exists)
            Folder.MakeOurs();
        return OfdLock.Take(Folder.UidsLock);
    }

    private void CheckSharing()
    {
        var with = ShareMark.Read(Main, Store.Settings.ShareWith);
        if (with == (Sharing?.With ?? OtherServer.None))
            return;
        // Their list would still say after a power cut what ours, which was told already, had not said to the disk.
        if (Sharing is null && IsLoaded && Folder.Exists)
            UidFile.Sync(Folder);
        Sharing = with == OtherServer.None ? null : new UidSharing(this, with);
    }

    /// <summary>Under the gate and the lock. Takes in what other processes of ours wrote down, and another server.</summary>
    internal void ReadUids()
    {
        ReadOurUids();
        Sharing?.Read();
    }

    /// <summary>Under the gate and the lock, after new UIDs were given.</summary>
    internal void AddUids(IReadOnlyList<(uint Uid, string Name)> given)
    {
        Uids.Add(given);
        Sharing?.Add(given);
    }

    /// <summary>Under the gate and the lock: another server began the mailbox anew, with a higher UIDVALIDITY than ours.</summary>
    internal void Retake(UidList list)
    {
        BeginWith(list);
        if (_isOpen)
            throw new UidValidityChangedException($"{Folder.Path}: UIDVALIDITY changed while the mailbox was open");
    }

    /// <summary>Under the gate and the lock: the mailbox has these UIDs from now on, and the next listing shows what there is of them.</summary>
    internal void BeginWith(UidList list)
    {
        UidValiditySource.Note(Main, Store.Settings.BootId, list.UidValidity);
        Uids.Create(list.UidValidity, list.UidNext, list.Lines.Select(line => (line.Key, line.Value.Name)));
        Pending.Clear();
        Superseded.Clear();
        PendingReads++;
        foreach (var (uid, line) in list.Lines)
            Pending[line.Name] = uid;
        Forms.Restart();
        BeginAnew();
    }

    private void BeginAnew()
    {
        Names = null;
        _version = new Version(new Snapshot(Tables, [], Uids.UidValidity, Uids.UidNext, NextModSeq()), default);
        _publications++;
        _watch.MarkDirty();
    }

    private void ReadOurUids()
    {
        var known = Uids.UidValidity;
        if (!Uids.Read(OnUid))
        {
            Uids.Create(known, Uids.UidNext, NamesByUid());
            Log.UidsRestored(Store.Logger, Folder.Path);
        }
        else if (Uids.UidValidity != known)
        {
            // Somebody removed the file and another process made it anew: nothing that we know of UIDs holds.
            BeginAnew();
            throw new UidValidityChangedException($"{Folder.Path}: UIDVALIDITY changed while the mailbox was open");
        }
    }

    /// <summary>Under the gate: a file has a UID that another process or server gave.</summary>
    internal void OnUid(uint uid, string name)
    {
        var snapshot = Current;
        if (snapshot.IndexOf(new Uid(uid)) >= 0)
            return;
        Pending[name] = uid;
        PendingReads++;
        Names ??= NameTable.Of(snapshot);
        var index = Names.Find(snapshot, System.Text.Encoding.Latin1.GetBytes(name));
        if (index < 0 || snapshot.UidAt(index).Value > uid)
            return;
        Superseded.Add(snapshot.UidAt(index).Value);
        _watch.MarkDirty();
    }

    private IEnumerable<(uint Uid, string Name)> NamesByUid()
    {
        var snapshot = Current;
        for (var i = 0; i < snapshot.Count; i++)
            yield return (snapshot.UidAt(i).Value, System.Text.Encoding.Latin1.GetString(snapshot.NameAt(i)));
    }

    /// <summary>A mailbox without a message is shown: what it is called by has to stay.</summary>
    private void SettleUids()
    {
        using (TakeLock())
        {
            ReadUids();
            Uids.Settle();
        }
    }

    private void ReadShared()
    {
        if (!Folder.Exists)
            return;
        using (TakeLock())
            ReadUids();
    }

    private void EnsureLoaded()
    {
        if (_version is not null)
            return;
        if (!Folder.Exists)
            throw new DirectoryNotFoundException(Folder.Path);
        using (TakeLock())
        {
            if (!TryLoadIndex())
                LoadUids();
            _watch.Doubt(Stamp);
            Sharing?.Read();
            _isOpen = true;
            _publications++;
        }
    }

    /// <summary>The index is believed where the file of UIDs says the same: after a restart of the machine all of it is compared, else what was added.</summary>
    private bool TryLoadIndex()
    {
        if (IndexFile.TryRead(Folder, Tables, Store.Settings.BootId) is not { } image)
        {
            ResetTables();
            return false;
        }

        _version = new Version(image.Snapshot, image.Stamp);
        var matched = 0;
        var isSound = image.IsThisBoot
            ? Uids.TryResume(image) && Uids.Read(OnUid)
            : Uids.Read((uid, name) =>
            {
                var index = image.Snapshot.IndexOf(new Uid(uid));
                if (index < 0)
                    OnUid(uid, name);
                else if (image.Snapshot.NameAt(index).SequenceEqual(System.Text.Encoding.Latin1.GetBytes(name)))
                    matched++;
            }) && matched == image.Snapshot.Count;
        if (isSound && Uids.UidValidity == image.Snapshot.UidValidity.Value)
        {
            Forms.Resume(image.FormsLength);
            if (Uids.UidNext != image.Snapshot.UidNext.Value)
                _version = new Version(new SnapshotEditor(image.Snapshot).Finish(Uids.UidValidity, Uids.UidNext, image.Snapshot.HighestModSeq.Value), image.Stamp);
            // Files that have UIDs but are in no listing of ours yet.
            if (Pending.Count > 0)
                _watch.MarkDirty();
            return true;
        }

        _version = null;
        Names = null;
        Pending.Clear();
        Superseded.Clear();
        Uids = new UidFile(Folder, Store.Settings.BootId);
        ResetTables();
        return false;
    }

    private void LoadUids()
    {
        Forms.Restart();
        if (!TryReadUids())
        {
            if (File.Exists(Folder.Uids))
                ReplaceDamagedUids();
            else if (File.Exists(Folder.Index))
                // Somebody removed the list. What another server left was taken over before it was made.
                Uids.Create(UidValiditySource.Next(Main, Store.Settings.BootId, Now), 1, []);
            else
                _takeOver.CreateUids(Sharing?.With ?? OtherServer.None);
        }

        _version = new Version(new Snapshot(Tables, [], Uids.UidValidity, Uids.UidNext, NextModSeq()), default);
    }

    private bool TryReadUids() => Uids.Read((uid, name) => Pending[name] = uid);

    private void ReplaceDamagedUids()
    {
        var image = IndexFile.TryRead(Folder, new Tables(new TailTable(), new KeywordTable(), Reader), Store.Settings.BootId);
        DamagedUids.Replace(Folder, Main, Store.Settings.BootId, image, Now);
        Log.UidsReplaced(Store.Logger, Folder.Path, image is null ? "with a new UIDVALIDITY" : "from the index");
        Uids = new UidFile(Folder, Store.Settings.BootId);
        TryReadUids();
    }

    private void ResetTables() => Tables = new Tables(new TailTable(), new KeywordTable(), Reader);

    /// <summary>Writes the index (and the forms before it), when there is something new.</summary>
    private async Task WriteIndexAsync()
    {
        await Gate.WaitAsync();
        var changed = false;
        try
        {
            if (!_unwritten || IsGone || _version is not { } version)
                return;
            _unwritten = false;
            using var only = TakeLock();
            var compacts = Uids.IsWorthCompacting(version.Snapshot.Count);
            if (compacts)
                ReadUids();
            if (Pending.Count > 0)
            {
                // The index would say that these lines were read, and who begins with it would give the files other UIDs.
                ReadPending();
                changed = !ReferenceEquals(version, _version);
                if (Pending.Count > 0 || IsGone)
                {
                    Learned();
                    return;
                }

                version = _version;
            }

            var living = version.Snapshot.Count;
            if (compacts)
                Uids.Create(Uids.UidValidity, Uids.UidNext, NamesByUid());
            Forms.Write(living);
            var stamp = version.Stamp.AreKeywordsSettled && IsInStep() ? StampNow(version.Stamp.Times) : version.Stamp;
            IndexFile.Write(Folder, new IndexImage(version.Snapshot, stamp, Uids.Generation, Uids.Length, Uids.Reserved, Forms.Written, IsThisBoot: true), Uids, Store.Settings.BootId);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.IndexNotWritten(Store.Logger, Folder.Path, e);
        }
        finally
        {
            Gate.Release();
            if (changed)
                Notify();
        }
    }

    private sealed class HeldLock(MailboxState owner, IDisposable taken) : IDisposable
    {
        public void Dispose()
        {
            owner.HoldsLock = false;
            taken.Dispose();
        }
    }
}
