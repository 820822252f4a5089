using System.Text;
using Courier.IO.Platform;

namespace Courier.Mailboxes.Index;

/// <summary>Hears of names that come and go in new/ and cur/ while somebody has the mailbox open.</summary>
/// <remarks>Our own renames are announced beforehand and crossed off as the kernel tells of them; whatever is left was somebody else and makes
/// the mailbox dirty. Events in a burst become one listing.</remarks>
internal sealed class Watch(MailboxState state) : IDisposable
{
    /// <summary>Announced renames that were not told of yet; beyond it something is lost, and a listing is cheaper than finding out what.</summary>
    private const int MaxExpected = 4096;

    /// <summary>A burst is over when this has passed; new mail has to reach IDLE within 10 ms.</summary>
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(3);

    private readonly Lock _gate = new();
    private readonly Dictionary<(bool InNew, DirectoryEvents Kind, string Name), int> _expected = [];
    private IDisposable? _new;
    private IDisposable? _cur;
    private ITimer? _timer;
    private bool _timerRuns;
    private bool _isPaused;
    private int _users;
    private volatile bool _dirtyNew;
    private volatile bool _dirtyCur;
    private volatile bool _active;

    internal bool IsActive => _active;

    internal bool IsDirty => _dirtyNew || _dirtyCur;

    internal void Enter()
    {
        lock (_gate)
        {
            if (_users++ == 0)
                Start();
        }
    }

    internal void Leave()
    {
        lock (_gate)
        {
            if (--_users == 0)
                Stop();
        }
    }

    internal void Restart()
    {
        lock (_gate)
        {
            if (_users == 0)
                return;
            Stop();
            Start();
            (_dirtyNew, _dirtyCur) = (true, true);
        }
    }

    /// <summary>The watch vouches for what happens from now on, not for what happened just before the last listing or since.</summary>
    internal void Doubt(Stamp stamp) => (_dirtyNew, _dirtyCur) = (_dirtyNew || !stamp.IsNewSettled, _dirtyCur || !stamp.IsCurSettled);

    internal void MarkDirty() => (_dirtyNew, _dirtyCur) = (true, true);

    /// <summary>Under the mailbox's gate. Hears nothing until the answer is disposed of, and knows only then that all has to be listed: the kernel tells of
    /// each of a thousand renames twice, and waking up for them takes as long as the renames.</summary>
    internal IDisposable Pause()
    {
        lock (_gate)
        {
            Stop();
            _isPaused = true;
            return new Quiet(this);
        }
    }

    private void Resume()
    {
        lock (_gate)
        {
            _isPaused = false;
            MarkDirty();
            if (_users == 0)
                return;
            Start();
            // What another program did meanwhile is still to be found for those who wait for it.
            Schedule();
        }
    }

    /// <summary>Before a listing: what is told from here on is news.</summary>
    internal (bool New, bool Cur) TakeDirty()
    {
        lock (_gate)
        {
            var dirty = (_dirtyNew, _dirtyCur);
            (_dirtyNew, _dirtyCur) = (false, false);
            return dirty;
        }
    }

    internal void Expect(bool inNew, DirectoryEvents kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> tail)
    {
        // The same lossy text that the listener gets: a name that is no UTF-8 matches itself well enough.
        var key = (inNew, kind, Encoding.UTF8.GetString(name) + Encoding.UTF8.GetString(tail));
        lock (_gate)
        {
            if (_expected.Count >= MaxExpected)
            {
                _expected.Clear();
                MarkDirty();
            }

            _expected[key] = _expected.GetValueOrDefault(key) + 1;
        }
    }

    /// <summary>The announced rename did not happen.</summary>
    internal void TakeBack(bool inNew, DirectoryEvents kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> tail)
    {
        lock (_gate)
            CrossOff((inNew, kind, Encoding.UTF8.GetString(name) + Encoding.UTF8.GetString(tail)));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            Stop();
            _timer?.Dispose();
        }
    }

    private void Start()
    {
        if (_isPaused)
            return;
        try
        {
            _new = state.Store.Inotify.Watch(state.Folder.New, (name, events) => OnEvent(true, name, events));
            _cur = state.Store.Inotify.Watch(state.Folder.Cur, (name, events) => OnEvent(false, name, events));
            // What happened while nobody listened is found by the times of the directories, by the rule of two seconds.
            // (A mailbox that is not loaded yet looks at them when it is.)
            _active = true;
            if (state.IsLoaded)
                Doubt(state.Stamp);
        }
        catch (IOException e)
        {
            Stop();
            Log.NotWatched(state.Store.Logger, state.Folder.Path, e.Message);
        }
    }

    private void Stop()
    {
        _active = false;
        _new?.Dispose();
        _cur?.Dispose();
        (_new, _cur) = (null, null);
        _expected.Clear();
    }

    private void OnEvent(bool inNew, string name, DirectoryEvents events)
    {
        lock (_gate)
        {
            if (!_active)
                return;
            var kind = events & DirectoryEvents.Names;
            if ((events & DirectoryEvents.Overflow) != 0)
                MarkDirty();
            else if (kind != 0 && CrossOff((inNew, kind, name)))
                return;
            else if (inNew)
                _dirtyNew = true;
            else
                _dirtyCur = true;
            Schedule();
        }
    }

    private void Schedule()
    {
        if (_timerRuns || !state.HasListeners)
            return;
        _timerRuns = true;
        _timer ??= state.Store.Clock.CreateTimer(_ => _ = RefreshAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Burst, Timeout.InfiniteTimeSpan);
    }

    private bool CrossOff((bool InNew, DirectoryEvents Kind, string Name) key)
    {
        if (!_expected.TryGetValue(key, out var count))
            return false;
        if (count == 1)
            _expected.Remove(key);
        else
            _expected[key] = count - 1;
        return true;
    }

    private async Task RefreshAsync()
    {
        lock (_gate)
            _timerRuns = false;
        try
        {
            await state.RefreshAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            // A timer has nobody to throw to. The mailbox stays dirty: the next session that asks gets the error itself.
            MarkDirty();
            Log.RefreshFailed(state.Store.Logger, state.Folder.Path, e);
        }
    }

    private sealed class Quiet(Watch owner) : IDisposable
    {
        public void Dispose() => owner.Resume();
    }
}
