using Courier.Mailboxes.Maildir;

namespace Courier.Mailboxes;

/// <summary>Tells who listens that the account's mailboxes, subscriptions or notes may have changed: what this process does at once, what
/// others do through inotify. Nothing is watched while nobody listens.</summary>
internal sealed class AccountFeed(MailStore store, MaildirFolder main)
{
    /// <summary>Another program makes a mailbox in several steps; one look after the last of them is enough.</summary>
    private static readonly TimeSpan _settle = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private Action[] _listeners = [];
    private List<IDisposable> _watches = [];
    private ITimer? _timer;

    internal IDisposable OnChanged(Action callback)
    {
        lock (_gate)
        {
            if (_listeners.Length == 0)
                Start();
            _listeners = [.. _listeners, callback];
        }

        return new Listener(this, callback);
    }

    internal void Notify()
    {
        foreach (var listener in Volatile.Read(ref _listeners))
            listener();
    }

    private void Start()
    {
        try
        {
            main.MakeOurs();
            _timer = store.Clock.CreateTimer(_ => Notify(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _watches =
            [
                store.Inotify.Watch(main.Path, (name, _) => Soon(name.StartsWith('.') || name == "courierimapsubscribed" || name.Length == 0)),
                store.Inotify.Watch(main.Ours, (name, _) => Soon(name is "metadata" or "metadata-server")),
            ];
        }
        catch (IOException e)
        {
            Log.NotWatched(store.Logger, main.Path, e.Message);
        }
    }

    private void Soon(bool matters)
    {
        if (!matters)
            return;
        lock (_gate)
            _timer?.Change(_settle, Timeout.InfiniteTimeSpan);
    }

    private void Stop()
    {
        _watches.ForEach(watch => watch.Dispose());
        _watches = [];
        _timer?.Dispose();
        _timer = null;
    }

    private sealed class Listener(AccountFeed owner, Action callback) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
            {
                var at = Array.IndexOf(owner._listeners, callback);
                if (at < 0)
                    return;
                owner._listeners = [.. owner._listeners[..at], .. owner._listeners[(at + 1)..]];
                if (owner._listeners.Length == 0)
                    owner.Stop();
            }
        }
    }
}
