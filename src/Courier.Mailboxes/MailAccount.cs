using Courier.IO.Files;
using Courier.Mailboxes.Delivery;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Names;
using Courier.Mailboxes.Upkeep;

namespace Courier.Mailboxes;

/// <summary>One account's mailboxes.</summary>
/// <remarks>Failures of the disk are <see cref="IOException"/>. Names of mailboxes that do not exist are answered, not thrown.</remarks>
#pragma warning disable CA1001 // The gate's wait handle is never asked for, so there is nothing to dispose of; accounts are held weakly.
public sealed class MailAccount
#pragma warning restore CA1001
{
    private readonly MailStore _store;
    private readonly FolderTree _folders;
    private readonly Subscriptions _subscriptions;
    private readonly AccountFeed _feed;

    /// <summary>One change of the set of mailboxes at a time in this process.</summary>
    private readonly SemaphoreSlim _gate = new(1, 1);

    internal MailAccount(MailStore store, MaildirFolder main)
    {
        (_store, Main) = (store, main);
        _folders = new FolderTree(main, store.Clock, store.Settings.BootId, store.Settings.ShareWith);
        _subscriptions = new Subscriptions(main, store.Settings.ShareWith);
        _feed = new AccountFeed(store, main);
    }

    internal MaildirFolder Main { get; }

    /// <summary>What an operator does with them.</summary>
    public AccountUpkeep Upkeep => new(this, _store);

    /// <summary>All mailboxes, INBOX first, then by name.</summary>
    public ValueTask<IReadOnlyList<MailboxListing>> ListAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return new(_folders.List());
    }

    /// <summary>Whether there is such a mailbox now.</summary>
    public bool Exists(MailboxName name) => _folders.Exists(name);

    /// <summary>Makes a mailbox; parents need not exist (they are then names without a mailbox, as in Courier).</summary>
    public ValueTask<CreateOutcome> CreateAsync(MailboxName name, CancellationToken ct) => AloneAsync(() => new ValueTask<CreateOutcome>(_folders.Create(name)), ct);

    /// <summary>What the mailboxes are for; those without a use are not in it.</summary>
    public ValueTask<IReadOnlyDictionary<MailboxName, IReadOnlyList<string>>> SpecialUsesAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var mailboxes = _folders.List().Where(mailbox => mailbox.Exists).Select(mailbox => mailbox.Name).ToList();
        return new(SpecialUses.Of(mailboxes, name => Notes(name).Read().GetValueOrDefault(SpecialUses.Entry)));
    }

    /// <summary>What is noted about a mailbox, or with null about the account (RFC 5464); null where there is no such mailbox.</summary>
    public ValueTask<IReadOnlyDictionary<string, byte[]>?> AnnotationsAsync(MailboxName? name, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return new(name is null || _folders.Exists(name) ? Notes(name).Read() : null);
    }

    /// <summary>Notes all of this or nothing; a null takes an entry away.</summary>
    public ValueTask<AnnotateOutcome> AnnotateAsync(MailboxName? name, IReadOnlyList<KeyValuePair<string, byte[]?>> changes, CancellationToken ct) =>
        AloneAsync(() => new ValueTask<AnnotateOutcome>(
            name is not null && !_folders.Exists(name) ? AnnotateOutcome.NoSuchMailbox
            : Notes(name).Change(changes) ? AnnotateOutcome.Done : AnnotateOutcome.TooMany), ct);

    /// <summary>A mailbox's identity for as long as it lives, whatever it is called (RFC 8474 §4); null where there is no such mailbox.</summary>
    public ValueTask<string?> MailboxIdAsync(MailboxName name, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return new(_folders.Exists(name) ? _folders.IdOf(name) : null);
    }

    public ValueTask<DeleteOutcome> DeleteAsync(MailboxName name, CancellationToken ct) => AloneAsync(() => DeleteAloneAsync(name, ct), ct);

    /// <summary>Renames a mailbox with all below it. Renaming INBOX moves its messages to a new mailbox and leaves it empty (RFC 3501 §6.3.5).</summary>
    public ValueTask<RenameOutcome> RenameAsync(MailboxName from, MailboxName to, CancellationToken ct) =>
        AloneAsync(() => from.IsInbox ? RenameInboxAsync(to, ct) : RenameAloneAsync(from, to, ct), ct);

    /// <summary>Subscribed names; they need not exist (RFC 3501 §6.3.6). Kept in courierimapsubscribed.</summary>
    public ValueTask<IReadOnlyList<MailboxName>> SubscriptionsAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return new(_subscriptions.Read());
    }

    public ValueTask SubscribeAsync(MailboxName name, bool subscribed, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        _subscriptions.Change(name, subscribed);
        _feed.Notify();
        return default;
    }

    /// <summary>Calls back (on any thread; be quick) after the mailboxes, the subscriptions or what is noted of the account may have changed.</summary>
    public IDisposable OnChanged(Action callback) => _feed.OnChanged(callback);

    /// <summary>The same for what is noted of a mailbox by other processes; null where there is no such mailbox.</summary>
    public IDisposable? OnNotesChanged(MailboxName name, Action callback)
    {
        var folder = _folders.FolderOf(name);
        if (!folder.Exists)
            return null;
        try
        {
            folder.MakeOurs();
            return _store.Inotify.Watch(folder.Ours, (file, _) =>
            {
                if (file == "metadata")
                    callback();
            });
        }
        catch (IOException e)
        {
            // The system has no more watches: what this process notes is told all the same.
            Log.NotWatched(_store.Logger, folder.Path, e.Message);
            return null;
        }
    }

    /// <summary>What stays the same when a mailbox gets another name, whoever renames it; null where there is no such mailbox.</summary>
    public ulong? DirectoryId(MailboxName name) => FileStatus.TryGet(_folders.FolderOf(name).Path, out var status) ? status.Inode : null;

    /// <summary>Opens a mailbox, brought up to date with its directory; null where there is none. Dispose it to leave.</summary>
    public async ValueTask<Mailbox?> OpenAsync(MailboxName name, CancellationToken ct)
    {
        if (Enter(name) is not { } state)
            return null;
        var mailbox = new Mailbox(this, name, state);
        try
        {
            await mailbox.RefreshAsync(ct);
            _store.Texts.Note(state);
            return mailbox;
        }
        catch (DirectoryNotFoundException)
        {
            await mailbox.DisposeAsync();
            return null;
        }
        catch
        {
            await mailbox.DisposeAsync();
            throw;
        }
    }

    /// <summary>Counts without leaving a trace in the mailbox; null where there is none.</summary>
    public ValueTask<MailboxStatus?> StatusAsync(MailboxName name, CancellationToken ct) => WithAsync(name, async state =>
    {
        return new MailboxStatus(await state.RefreshAsync(ct));
    });

    /// <summary>Adds messages, all or none, durable on return; null where there is no such mailbox.</summary>
    public ValueTask<Placed?> AppendAsync(MailboxName name, IReadOnlyList<AppendMessage> messages, CancellationToken ct) =>
        WithAsync(name, state => new Appender(state).AppendAsync(messages, ct));

    internal ValueTask<CopyResult?> CopyAsync(MailboxState source, IReadOnlyList<Uid> uids, MailboxName target, CancellationToken ct) =>
        WithAsync(target, async state =>
        {
            await state.RefreshAsync(ct);
            return await new Copier(source, state).CopyAsync(uids, ct);
        });

    /// <summary>What it may hold; null without limits.</summary>
    public AccountQuota? Quota() => AccountQuota.Read(MaildirSize.PathIn(Main.Path));

    /// <summary>What this account says about its full text index; null for what holds for all.</summary>
    public bool? WantsTextIndex
    {
        get => FullText.TextIndex.ReadChoice(Main);
        set => FullText.TextIndex.WriteChoice(Main, value);
    }

    private Annotations Notes(MailboxName? name) => new(name is null ? Main : _folders.FolderOf(name), isServer: name is null);

    /// <summary>The shared state of a mailbox, to be left; null where there is no directory of that name.</summary>
    private MailboxState? Enter(MailboxName name)
    {
        var folder = _folders.FolderOf(name);
        return folder.Exists ? _store.Enter(Main, folder) : null;
    }

    internal MaildirFolder FolderOf(MailboxName name) => _folders.FolderOf(name);

    internal async ValueTask<T?> WithAsync<T>(MailboxName name, Func<MailboxState, ValueTask<T>> work)
        where T : class
    {
        if (Enter(name) is not { } state)
            return null;
        try
        {
            return await work(state);
        }
        catch (DirectoryNotFoundException) when (!state.Folder.Exists)
        {
            return null;
        }
        finally
        {
            _store.Leave(state);
        }
    }

    internal async ValueTask<T> AloneAsync<T>(Func<ValueTask<T>> work, CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            return await work();
        }
        finally
        {
            _gate.Release();
            _feed.Notify();
        }
    }

    private async ValueTask<DeleteOutcome> DeleteAloneAsync(MailboxName name, CancellationToken ct)
    {
        if (name.IsInbox)
            return DeleteOutcome.NotAllowed;
        if (Enter(name) is not { } state)
            return DeleteOutcome.NoSuchMailbox;
        try
        {
            await state.Gate.WaitAsync(ct);
            try
            {
                _folders.Delete(name);
                state.IsGone = true;
                _store.Forget(state);
            }
            finally
            {
                state.Gate.Release();
            }

            state.Notify();
            return DeleteOutcome.Deleted;
        }
        finally
        {
            _store.Leave(state);
        }
    }

    private async ValueTask<RenameOutcome> RenameAloneAsync(MailboxName from, MailboxName to, CancellationToken ct)
    {
        if (to.IsInbox || to.IsBelow(from))
            return RenameOutcome.NotAllowed;
        var moves = _folders.Subtree(from);
        if (moves.Count == 0)
            return RenameOutcome.NoSuchMailbox;
        if (moves.Any(name => name.Moved(from, to) is null))
            return RenameOutcome.NotAllowed;
        if (_folders.Exists(to) || moves.Any(name => _folders.Exists(name.Moved(from, to)!)))
            return RenameOutcome.AlreadyExists;
        foreach (var name in moves)
            await MoveAsync(name, name.Moved(from, to)!, ct);
        DurableFile.FlushDirectory(Main.Path);
        return RenameOutcome.Renamed;
    }

    private ValueTask MoveAsync(MailboxName from, MailboxName to, CancellationToken ct) =>
        MoveDirectoryAsync(_folders.FolderOf(from), _folders.FolderOf(to), ct);

    /// <summary>Those who have it open keep it.</summary>
    internal async ValueTask MoveDirectoryAsync(MaildirFolder from, MaildirFolder to, CancellationToken ct)
    {
        var state = _store.Enter(Main, from);
        try
        {
            await state.Gate.WaitAsync(ct);
            try
            {
                DurableFile.Rename(from.Path, to.Path);
                _store.Move(state, to);
            }
            finally
            {
                state.Gate.Release();
            }
        }
        finally
        {
            _store.Leave(state);
        }
    }

    /// <summary>The messages are in the new mailbox and durable before the first leaves INBOX: a crash leaves some twice, none nowhere.</summary>
    private async ValueTask<RenameOutcome> RenameInboxAsync(MailboxName to, CancellationToken ct)
    {
        if (to.IsInbox)
            return RenameOutcome.AlreadyExists;
        if (_folders.Create(to) == CreateOutcome.AlreadyExists)
            return RenameOutcome.AlreadyExists;
        var inbox = _store.Enter(Main, Main);
        try
        {
            var snapshot = await inbox.RefreshAsync(ct);
            var all = Enumerable.Range(0, snapshot.Count).Select(snapshot.UidAt).ToList();
            if (await CopyAsync(inbox, all, to, ct) is not { } copied)
                return RenameOutcome.NotAllowed;
            await inbox.ChangeAsync(() => new FlagChanges(inbox).Expunge(copied.Sources, evenUndeleted: true, keep: false), CancellationToken.None);
            return RenameOutcome.Renamed;
        }
        finally
        {
            _store.Leave(inbox);
        }
    }
}
