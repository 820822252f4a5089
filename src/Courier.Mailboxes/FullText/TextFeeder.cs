using Courier.Mailboxes.Index;

namespace Courier.Mailboxes.FullText;

/// <summary>Feeds the full text indexes of a process in the background: one mailbox after the other, some time after it has changed.</summary>
internal sealed class TextFeeder(MailStore store) : IAsyncDisposable
{
    private readonly Dictionary<MailboxState, DateTimeOffset> _due = [];
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task? _worker;

    private TextIndexSettings Settings => store.Settings.TextIndex;

    /// <summary>There may be messages that the index does not have. Cheap: it is asked at every change.</summary>
    internal void Note(MailboxState state)
    {
        if (state.IndexedBefore == state.Current.UidNext || _stopping.IsCancellationRequested)
            return;
        lock (_gate)
        {
            if (_due.TryAdd(state, store.Clock.GetUtcNow() + Settings.After))
                _worker ??= Task.Run(WorkAsync);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? worker;
        lock (_gate)
        {
            _stopping.Cancel();
            worker = _worker;
        }

        if (worker is not null)
            await worker;
        _stopping.Dispose();
    }

    private async Task WorkAsync()
    {
        while (await NextAsync() is { } state)
        {
            if (!store.TryHold(state))
                continue;
            try
            {
                await FeedAsync(state);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
            }
            catch (DirectoryNotFoundException)
            {
                // Deleted or renamed meanwhile.
            }
            catch (Exception e)
            {
                // Nobody waits for this task; searches go on without the index.
                Log.TextNotIndexed(store.Logger, state.Folder.Path, e);
            }
            finally
            {
                store.Leave(state);
            }
        }
    }

    /// <summary>Null when there is nothing left to do.</summary>
    private async ValueTask<MailboxState?> NextAsync()
    {
        while (true)
        {
            TimeSpan wait;
            lock (_gate)
            {
                if (_due.Count == 0 || _stopping.IsCancellationRequested)
                {
                    _worker = null;
                    return null;
                }

                var (state, due) = _due.MinBy(entry => entry.Value);
                wait = due - store.Clock.GetUtcNow();
                if (wait <= TimeSpan.Zero)
                {
                    _due.Remove(state);
                    return state;
                }
            }

            try
            {
                await Task.Delay(wait, store.Clock, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    private async ValueTask FeedAsync(MailboxState state)
    {
        if (!state.IsLoaded || state.IsGone)
            return;
        if (state.IsChanging)
        {
            // A million messages may be on their way from new/ to cur/: one after the other, so that the memory of both is not needed at once.
            Note(state);
            return;
        }

        if (!Settings.IsOnFor(state.Main))
        {
            TextIndex.Delete(state.Folder);
            return;
        }

        var uidNext = state.Current.UidNext;
        if (await new TextIndexBuilder(state, Settings).RunAsync(Settings.AtLeast, isPaced: true, _stopping.Token) is not null)
            state.IndexedBefore = uidNext;
    }
}
