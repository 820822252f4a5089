using System.Collections.Concurrent;
using Courier.IO.Platform;
using Courier.Mail.Mime;
using Courier.Mailboxes.Delivery;
using Courier.Mailboxes.FullText;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Sharing;
using Microsoft.Extensions.Logging;

namespace Courier.Mailboxes;

/// <summary>What mailboxes may cost and how long things are kept.</summary>
public sealed record MailStoreSettings
{
    /// <summary>How long an opened mailbox stays in memory after its last session left.</summary>
    public TimeSpan KeepClosed { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long expunged messages stay in courier/expunged/.</summary>
    public TimeSpan KeepExpunged { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Mailboxes without a session that stay in memory; beyond it the longest unused go first.</summary>
    /// <remarks>At 10,000 messages each takes about 1.3 MB.</remarks>
    public int MaxClosed { get; init; } = 200;

    /// <summary>How long a change may wait before it is written to the index, which is only a cache.</summary>
    public TimeSpan WriteIndexAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The server that goes on serving the accounts beside us; an account can say otherwise (<see cref="ShareMark"/>).</summary>
    public OtherServer ShareWith { get; init; }

    /// <summary>Which start of the machine this is; a test sets another to stand for a power cut.</summary>
    internal string BootId { get; init; } = Boot.Id;

    /// <summary>The index that SEARCH of texts uses.</summary>
    public TextIndexSettings TextIndex { get; init; } = new();

    /// <summary>What the structure of one message may cost.</summary>
    public MimeLimits Mime { get; init; } = MimeLimits.Default;
}

/// <summary>All mailboxes of this process: shares what is open between sessions and watches it with one inotify descriptor.</summary>
public sealed class MailStore : IAsyncDisposable
{
    /// <summary>How often a mailbox in memory is looked through for what has been kept long enough.</summary>
    private static readonly TimeSpan SweepEvery = TimeSpan.FromHours(12);

    private readonly ConcurrentDictionary<string, WeakReference<MailAccount>> _accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Shared> _mailboxes = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly Lock _inotifyGate = new();
    private readonly ITimer _sweep;
    private Inotify? _inotify;
    private bool _disposed;

    public MailStore(MailStoreSettings settings, TimeProvider clock, ILogger<MailStore> logger)
    {
        (Settings, Clock, Logger) = (settings, clock, logger);
        Texts = new TextFeeder(this);
        var period = TimeSpan.FromSeconds(Math.Clamp(settings.KeepClosed.TotalSeconds / 4, 0.1, 60));
        _sweep = clock.CreateTimer(_ => _ = SweepAsync(), null, period, period);
    }

    internal MailStoreSettings Settings { get; }

    internal TimeProvider Clock { get; }

    internal ILogger Logger { get; }

    /// <summary>Made when first asked for; where the system has none to give (128 for a user, as a rule), the next to ask tries again.</summary>
    internal Inotify Inotify
    {
        get
        {
            lock (_inotifyGate)
                return _inotify ??= new Inotify();
        }
    }

    internal SyncGroup Syncs { get; } = new();

    internal TextFeeder Texts { get; }

    /// <summary>Mailboxes in memory, in use or not.</summary>
    internal int LoadedCount
    {
        get
        {
            lock (_gate)
                return _mailboxes.Count;
        }
    }

    /// <summary>The account whose Maildir that is; one object per Maildir and process. Makes the Maildir when it is not there.</summary>
    public MailAccount Open(string maildir)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(maildir));
        while (true)
        {
            var reference = _accounts.GetOrAdd(path, static (key, store) => new WeakReference<MailAccount>(new MailAccount(store, new MaildirFolder(key))), this);
            if (reference.TryGetTarget(out var account))
            {
                if (!account.Main.Exists || !Directory.Exists(account.Main.New))
                    account.Main.Make(isMain: true);
                return account;
            }

            _accounts.TryRemove(new KeyValuePair<string, WeakReference<MailAccount>>(path, reference));
        }
    }

    public async ValueTask DisposeAsync()
    {
        List<MailboxState> states;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            states = [.. _mailboxes.Values.Select(shared => shared.State)];
            _mailboxes.Clear();
        }

        await _sweep.DisposeAsync();
        await Texts.DisposeAsync();
        foreach (var state in states)
            await state.DisposeAsync();
        _inotify?.Dispose();
    }

    /// <summary>The shared state of a folder, kept until <see cref="Leave"/>. Whether it is a mailbox at all is found out when it is refreshed.</summary>
    internal MailboxState Enter(MaildirFolder main, MaildirFolder folder)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_mailboxes.TryGetValue(folder.Path, out var shared))
                _mailboxes.Add(folder.Path, shared = new Shared(new MailboxState(this, main, folder)));
            shared.Users++;
            return shared.State;
        }
    }

    /// <summary>Keeps a state in memory until <see cref="Leave"/>, if it is there still.</summary>
    internal bool TryHold(MailboxState state)
    {
        lock (_gate)
        {
            if (_disposed || !_mailboxes.TryGetValue(state.Folder.Path, out var shared) || !ReferenceEquals(shared.State, state))
                return false;
            shared.Users++;
            return true;
        }
    }

    internal void Leave(MailboxState state)
    {
        MailboxState? dropped = null;
        lock (_gate)
        {
            if (!_mailboxes.TryGetValue(state.Folder.Path, out var shared) || !ReferenceEquals(shared.State, state))
                return;
            shared.Users--;
            shared.LastUsed = Clock.GetUtcNow();
            if (shared.Users == 0)
                state.Rest();
            // What never was a mailbox, or is none any more, is not worth keeping.
            if (shared.Users == 0 && (!state.IsLoaded || state.IsGone))
            {
                _mailboxes.Remove(state.Folder.Path);
                dropped = state;
            }
        }

        if (dropped is not null)
            _ = dropped.DisposeAsync().AsTask();
    }

    /// <summary>The mailbox is no longer found under its name. Those who have it keep it.</summary>
    internal void Forget(MailboxState state)
    {
        lock (_gate)
        {
            if (_mailboxes.TryGetValue(state.Folder.Path, out var shared) && ReferenceEquals(shared.State, state))
                _mailboxes.Remove(state.Folder.Path);
        }
    }

    /// <summary>Under the state's gate: found under another name from now on.</summary>
    internal void Move(MailboxState state, MaildirFolder folder)
    {
        lock (_gate)
        {
            if (_mailboxes.Remove(state.Folder.Path, out var shared))
                _mailboxes[folder.Path] = shared;
            state.Move(folder);
        }
    }

    private async Task SweepAsync()
    {
        var now = Clock.GetUtcNow();
        List<MailboxState> dropped = [];
        lock (_gate)
        {
            foreach (var shared in _mailboxes.Values)
                shared.State.Forms.ReleaseUnused();
            var closed = _mailboxes.Values.Where(shared => shared.Users == 0).OrderByDescending(shared => shared.LastUsed).ToList();
            for (var i = 0; i < closed.Count; i++)
            {
                if (i < Settings.MaxClosed && now - closed[i].LastUsed < Settings.KeepClosed)
                    continue;
                _mailboxes.Remove(closed[i].State.Folder.Path);
                dropped.Add(closed[i].State);
            }
        }

        foreach (var state in dropped)
            await state.DisposeAsync();
        SweepOldFiles(now);
        foreach (var (path, reference) in _accounts)
        {
            if (!reference.TryGetTarget(out _))
                _accounts.TryRemove(new KeyValuePair<string, WeakReference<MailAccount>>(path, reference));
        }
    }

    private void SweepOldFiles(DateTimeOffset now)
    {
        List<MailboxState> due;
        lock (_gate)
            due = [.. _mailboxes.Values.Select(shared => shared.State).Where(state => now - state.SweptAt > SweepEvery)];
        foreach (var state in due)
        {
            state.SweptAt = now;
            try
            {
                OldFiles.Sweep(state.Folder, Settings.KeepExpunged, now);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.SweepFailed(Logger, state.Folder.Path, e);
            }
        }
    }

    private sealed class Shared(MailboxState state)
    {
        internal MailboxState State => state;

        internal int Users { get; set; }

        internal DateTimeOffset LastUsed { get; set; }
    }
}
