using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Sharing;

namespace Courier.Mailboxes.Index;

/// <summary>One mailbox of this process, shared by all its sessions: the newest snapshot, what is known of the directory, and the gate for changes.</summary>
/// <remarks>Everything that changes the state runs under <see cref="Gate"/>; nothing is awaited to a peer there. Readers take <see cref="Current"/>
/// without a lock. Lock order: gate, then the lock file, then memory locks; never two gates at once (docs/storage.md).</remarks>
internal sealed partial class MailboxState : IAsyncDisposable
{
    /// <summary>From here on a second of listing and renaming dwarfs the tenth that a collection takes.</summary>
    private const int LargeGrowth = 250_000;

    private readonly Watch _watch;
    private volatile Version? _version;
    private volatile bool _unwritten;
    private volatile bool _disposed;

    /// <summary>Under the gate: how many snapshots there were.</summary>
    private long _publications;

    /// <summary>Entries that were made since memory was last tidied.</summary>
    private int _made;
    private ITimer? _writer;
    private readonly TakeOver _takeOver;
    private bool _isOpen;
    private Action[] _listeners = [];
    private readonly Lock _listenerGate = new();

    internal MailboxState(MailStore store, MaildirFolder main, MaildirFolder folder)
    {
        (Store, Main, Folder) = (store, main, folder);
        Uids = new UidFile(folder, store.Settings.BootId);
        Keywords = new KeywordFiles(folder);
        Reader = new MessageReader(this);
        Placements = new Delivery.Placements(this);
        Tables = new Tables(new TailTable(), new KeywordTable(), Reader);
        Forms = new FormsFile(() => Folder, () => Uids.UidValidity);
        _watch = new Watch(this);
        _takeOver = new TakeOver(this);
    }

    internal MailStore Store { get; }

    /// <summary>The account's main Maildir: quota and the highest UIDVALIDITY are kept there.</summary>
    internal MaildirFolder Main { get; }

    internal MaildirFolder Folder { get; private set; }

    internal UidFile Uids { get; private set; }

    internal KeywordFiles Keywords { get; private set; }

    internal MessageReader Reader { get; }

    internal Delivery.Placements Placements { get; }

    internal FormsFile Forms { get; }

    /// <summary>Null while the account is ours alone.</summary>
    internal UidSharing? Sharing { get; private set; }

    internal Tables Tables { get; private set; }

    internal SemaphoreSlim Gate { get; } = new(1, 1);

    internal NameTable? Names { get; set; }

    /// <summary>UIDs that other processes of ours wrote down for files that no listing has shown yet, by base name.</summary>
    internal Dictionary<string, uint> Pending { get; } = new(StringComparer.Ordinal);

    /// <summary>Changes whenever something comes into <see cref="Pending"/>.</summary>
    internal int PendingReads { get; private set; }

    /// <summary>UIDs of messages that another process of ours saw go and come back under a new one.</summary>
    internal HashSet<uint> Superseded { get; } = [];

    /// <summary>The lock file is held already: taking it again through another descriptor would wait for ever.</summary>
    internal bool HoldsLock { get; private set; }

    /// <summary>The mailbox was deleted: no change is made any more, what is in memory can be read.</summary>
    internal bool IsGone { get; set; }

    internal Watch Watcher => _watch;

    /// <summary>When old files were last removed.</summary>
    internal DateTimeOffset SweptAt { get; set; }

    internal bool IsLoaded => _version is not null;

    /// <summary>Somebody is at it at this moment.</summary>
    internal bool IsChanging => Gate.CurrentCount == 0;

    internal Snapshot Current => _version?.Snapshot ?? throw new InvalidOperationException("The mailbox was not refreshed yet.");

    internal Stamp Stamp => _version?.Stamp ?? default;


    internal DateTimeOffset Now => Store.Clock.GetUtcNow();

    private long NowNanoseconds => (Now - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <summary>Looks at the directory: two or three stats and no lock when nothing changed.</summary>
    internal ValueTask<Snapshot> RefreshAsync(CancellationToken ct) =>
        _version is { } version && (IsGone || IsUnchanged(version.Stamp)) ? new(version.Snapshot) : ListAsync(ct);

    /// <summary>Runs a change under the gate and tells the listeners when it made another snapshot.</summary>
    internal async ValueTask<T> ChangeAsync<T>(Func<T> change, CancellationToken ct)
    {
        await Gate.WaitAsync(ct);
        // A number, not the snapshot: that would stay in memory for as long as the change takes.
        var before = _publications;
        try
        {
            EnsureLoaded();
            return change();
        }
        finally
        {
            var changed = before != _publications;
            SyncUidsBehind();
            Gate.Release();
            if (changed)
                Notify();
        }
    }

    /// <summary>Under the gate.</summary>
    internal void Publish(Snapshot snapshot, Stamp stamp)
    {
        _made += Math.Max(0, snapshot.Count - (_version?.Snapshot.Count ?? 0));
        if (!ReferenceEquals(snapshot, _version?.Snapshot))
            _publications++;
        var isNews = !ReferenceEquals(snapshot, _version?.Snapshot) || stamp.IsSettled != _version.Stamp.IsSettled;
        _version = new Version(snapshot, stamp);
        if (isNews)
            Learned();
        Store.Texts.Note(this);
    }

    /// <summary>There is something that the index on disk does not have.</summary>
    internal void Learned()
    {
        if (_unwritten || _disposed)
            return;
        _unwritten = true;
        lock (_listenerGate)
        {
            _writer ??= Store.Clock.CreateTimer(_ => _ = WriteIndexAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _writer.Change(Store.Settings.WriteIndexAfter, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Under the gate. A number that no earlier change had, also after the index was lost (RFC 7162 §3.1).</summary>
    internal long NextModSeq() => Math.Max((_version?.Snapshot.HighestModSeq.Value ?? 0) + 1, Now.ToUnixTimeMilliseconds());

    /// <summary>Under the gate and the lock: lists, so that messages which already have UIDs get their place before new ones.</summary>
    internal void ReadPending()
    {
        HoldsLock = true;
        try
        {
            ScanAgain();
        }
        finally
        {
            HoldsLock = false;
        }
    }

    /// <summary>Under the gate. Takes over the keywords that stand in the directory.</summary>
    internal void ApplyKeywords(long modSeq)
    {
        var snapshot = Current;
        Names ??= NameTable.Of(snapshot);
        var found = Keywords.Read(name => Names.Find(snapshot, System.Text.Encoding.Latin1.GetBytes(name)) >= 0, Now);
        var sets = new int[snapshot.Count];
        foreach (var (name, keywords) in found)
        {
            var index = Names.Find(snapshot, System.Text.Encoding.Latin1.GetBytes(name));
            if (index >= 0)
                sets[index] = Tables.Keywords.IdOf(keywords);
        }

        var editor = new SnapshotEditor(snapshot);
        for (var i = 0; i < sets.Length; i++)
        {
            if (snapshot.EntryAt(i).KeywordSet == sets[i])
                continue;
            ref var entry = ref editor.Change(i);
            entry.KeywordSet = sets[i];
            entry.ModSeq = modSeq;
        }

        if (!editor.IsEmpty)
            Publish(editor.Finish(Uids.UidValidity, Uids.UidNext, modSeq), Stamp);
    }

    /// <summary>Under the gate. Finds out what changed in the directory.</summary>
    internal void Scan() => MailboxScan.Run(this);

    /// <summary>Under the gate: as <see cref="Scan"/>, but whatever the times of the directories say.</summary>
    internal void ScanAgain()
    {
        _watch.MarkDirty();
        Scan();
    }

    /// <summary>Under the gate: whether the directory is as the snapshot says. Then changes of our own may move the stamp on without a listing,
    /// because inotify would tell of anybody else's.</summary>
    internal bool IsInStep() => _watch.IsActive && Folder.Times() is { } times && !_watch.IsDirty && Stamp.Times == times;

    internal Stamp StampNow(DirectoryTimes times) => new(times, NowNanoseconds);

    internal IDisposable OnChanged(Action callback)
    {
        lock (_listenerGate)
            _listeners = [.. _listeners, callback];
        return new Listener(this, callback);
    }

    /// <summary>Messages with UIDs below were looked at for the full text index; those above may be missing in it.</summary>
    internal Uid IndexedBefore { get; set; }

    internal bool HasListeners => Volatile.Read(ref _listeners).Length > 0;

    internal void Notify()
    {
        foreach (var listener in Volatile.Read(ref _listeners))
            listener();
    }

    /// <summary>Under the gate: the directory has another name now.</summary>
    internal void Move(MaildirFolder folder)
    {
        Folder = folder;
        Uids.Move(folder);
        Keywords = new KeywordFiles(folder);
        _watch.Restart();
    }

    /// <summary>The last session leaves: inotify has vouched for the directory until now, which lets the next one begin without a listing.</summary>
    internal void Settle()
    {
        if (!Gate.Wait(0))
            return;
        try
        {
            if (_version is { Stamp: { IsSettled: false, AreKeywordsSettled: true } } version && IsInStep())
                Publish(version.Snapshot, StampNow(version.Stamp.Times));
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>Nobody has it open: gives back the memory that a next session can do without.</summary>
    internal void Rest() => Forms.Release();

    public async ValueTask DisposeAsync()
    {
        await _syncing;
        await WriteIndexAsync();
        _disposed = true;
        _watch.Dispose();
        if (_writer is { } writer)
            await writer.DisposeAsync();
    }

    private bool IsUnchanged(Stamp stamp) =>
        Folder.Times() is { } times && times == stamp.Times && !_watch.IsDirty && (_watch.IsActive ? stamp.AreKeywordsSettled : stamp.IsSettled)
        && Sharing is not { HasChanged: true };

    private async ValueTask<Snapshot> ListAsync(CancellationToken ct)
    {
        try
        {
            await ListOnceAsync(ct);
        }
        catch (UidValidityChangedException)
        {
            // Sessions that have it open find another UIDVALIDITY, and end.
            await ListOnceAsync(ct);
        }

        return Current;
    }

    private async ValueTask ListOnceAsync(CancellationToken ct)
    {
        await ChangeAsync(() =>
        {
            CheckSharing();
            if (Sharing is { HasChanged: true })
                ReadShared();
            Scan();
            if (!IsGone && Uids.IsUnsettled)
                SettleUids();
            Tidy(0);
            _takeOver.TakeKeywords();
            if (!IsGone && Sharing?.Settle() == true)
                ScanAgain();
            return true;
        }, ct);
    }

    /// <summary>After so many entries were made, by a listing or a change: what that took beside what is kept would stay with the process until something else
    /// is needed, and the collector lets that become as large as the cache of the processor.</summary>
    internal void Tidy(int made)
    {
        _made += made;
        // The more is kept, the less there is room for what is not.
        if (_made < (Current.Count < 2 * LargeGrowth ? LargeGrowth : LargeGrowth / 4))
            return;
        _made = 0;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>What POP3 clients know a message by from another server; null for one that came after.</summary>
    internal string? TakenUidl(Uid uid) => _takeOver.UidlOf(uid);

    private sealed record Version(Snapshot Snapshot, Stamp Stamp);

    private sealed class Listener(MailboxState owner, Action callback) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._listenerGate)
            {
                var at = Array.IndexOf(owner._listeners, callback);
                if (at >= 0)
                    owner._listeners = [.. owner._listeners[..at], .. owner._listeners[(at + 1)..]];
            }
        }
    }
}
