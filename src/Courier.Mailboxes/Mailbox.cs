using System.Collections.Immutable;
using Courier.Mail.Mime;
using Courier.Mailboxes.Content;
using Courier.Mailboxes.FullText;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Names;

namespace Courier.Mailboxes;

public enum FlagChangeKind
{
    Add,
    Remove,
    Replace,
}

/// <summary>What STORE asks for.</summary>
public sealed record FlagChange(FlagChangeKind Kind, MessageFlags Flags, ImmutableArray<string> Keywords);

/// <summary>Copied messages: where from and where to, in the same order (RFC 4315 COPYUID).</summary>
public sealed record CopyResult(UidValidity UidValidity, IReadOnlyList<Uid> Sources, IReadOnlyList<Uid> Copies);

/// <summary>What a conditional change did not change: messages that do not exist, and those that were changed since.</summary>
public sealed record ConditionalStoreResult(IReadOnlyList<Uid> Gone, IReadOnlyList<Uid> Modified);

/// <summary>Parsed forms of one message, kept by the mailbox as bytes ready for the wire.</summary>
/// <param name="Envelope">ENVELOPE.</param>
/// <param name="BodyStructure">BODYSTRUCTURE with extension data; empty while nobody has asked for it.</param>
/// <param name="Body">BODY without; likewise.</param>
public readonly record struct MessageForms(ReadOnlyMemory<byte> Envelope, ReadOnlyMemory<byte> BodyStructure, ReadOnlyMemory<byte> Body)
{
    /// <summary>What <see cref="MessageKeys"/> reads.</summary>
    internal ReadOnlyMemory<byte> Keys { get; init; }

    /// <summary>Whether it is all that somebody asks for.</summary>
    internal bool Has(FormsWanted wanted) => wanted != FormsWanted.OfWhole || !BodyStructure.IsEmpty;
}

/// <summary>Which of the forms and facts of a message somebody is about to ask for.</summary>
public enum FormsWanted
{
    /// <summary>ENVELOPE and what SORT, THREAD and SEARCH compare: of a large message its beginning is read.</summary>
    OfHeader,

    /// <summary>The same, and the size where the name does not say it.</summary>
    OfHeaderWithSize,

    /// <summary>All of them.</summary>
    OfWhole,
}

/// <summary>The bytes of one message with CRLF line ends, and its structure when asked for. Dispose it soon.</summary>
public abstract class MessageContent : IDisposable
{
    public abstract ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Read on first use.</summary>
    public abstract MimePart Structure { get; }

    /// <summary>Bytes of the header with its empty line: cheap, no structure needed.</summary>
    public abstract ReadOnlyMemory<byte> Header { get; }

    public abstract void Dispose();
}

/// <summary>One session's handle of an open mailbox. What it shows is shared with the other sessions of this process and kept
/// in step with the directory, which other programs use too.</summary>
public sealed class Mailbox : IAsyncDisposable
{
    private readonly MailAccount _account;
    private readonly MailboxState _state;
    private int _left;

    internal Mailbox(MailAccount account, MailboxName name, MailboxState state)
    {
        (_account, Name, _state) = (account, name, state);
        state.Watcher.Enter();
    }

    public MailboxName Name { get; }

    /// <summary>The mailbox was deleted, by us or by somebody else: nothing will change in it any more.</summary>
    public bool IsGone => _state.IsGone;

    /// <summary>The newest snapshot this process has; no disk is touched.</summary>
    public MailboxSnapshot Current => _state.Current;

    /// <summary>Looks at the directory (two stats when nothing changed) and returns the newest snapshot.</summary>
    public ValueTask<MailboxSnapshot> RefreshAsync(CancellationToken ct)
    {
        var refreshed = _state.RefreshAsync(ct);
        return refreshed.IsCompletedSuccessfully ? new(refreshed.Result) : Await(refreshed);

        static async ValueTask<MailboxSnapshot> Await(ValueTask<Snapshot> pending) => await pending;
    }

    /// <summary>Moves what lies in new/ to cur/; the UIDs returned are \Recent for the caller and for nobody else (RFC 3501 §2.3.2).</summary>
    public async ValueTask<IReadOnlyList<Uid>> ClaimRecentAsync(CancellationToken ct)
    {
        var snapshot = await _state.RefreshAsync(ct);
        return snapshot.UnclaimedCount == 0 ? [] : await _state.ChangeAsync(() => new FlagChanges(_state).Claim(), ct);
    }

    /// <summary>Calls back (on any thread; be quick) after the snapshot changed or may have: by this process at once, by others through inotify.</summary>
    public IDisposable OnChanged(Action callback) => _state.OnChanged(callback);

    /// <summary>Changes flags of the messages that still exist; returns the UIDs that do not. <see cref="Current"/> shows the change on return.</summary>
    public async ValueTask<IReadOnlyList<Uid>> StoreAsync(IReadOnlyList<Uid> uids, FlagChange change, CancellationToken ct) =>
        await _state.ChangeAsync(() => new FlagChanges(_state).Store(uids, change), ct);

    /// <summary>The same for those of the messages that have not changed since (RFC 7162 §3.1.3): nobody's change comes between the
    /// question and the answer.</summary>
    public async ValueTask<ConditionalStoreResult> StoreAsync(IReadOnlyList<Uid> uids, FlagChange change, ModSeq unchangedSince, CancellationToken ct)
    {
        await RefreshAsync(ct);
        return await _state.ChangeAsync(() =>
        {
            var snapshot = _state.Current;
            var modified = uids.Where(uid => snapshot.IndexOf(uid) is >= 0 and var at && snapshot.EntryAt(at).ModSeq > unchangedSince.Value).ToHashSet();
            var gone = new FlagChanges(_state).Store(modified.Count == 0 ? uids : [.. uids.Where(uid => !modified.Contains(uid))], change);
            return new ConditionalStoreResult(gone, [.. modified.Order()]);
        }, ct);
    }

    /// <summary>Copies all of the messages or none, durable on return; null where the target does not exist.
    /// Messages that are gone are left out of the result.</summary>
    public ValueTask<CopyResult?> CopyAsync(IReadOnlyList<Uid> uids, MailboxName target, CancellationToken ct) =>
        _account.CopyAsync(_state, uids, target, ct);

    /// <summary>Moves all of the messages or none: they are durable in the target before the first leaves this mailbox (RFC 6851 §3.3).
    /// Null where the target does not exist.</summary>
    public async ValueTask<CopyResult?> MoveAsync(IReadOnlyList<Uid> uids, MailboxName target, CancellationToken ct)
    {
        if (await CopyAsync(uids, target, ct) is not { } result)
            return null;
        // From here on it has happened: not to be given up halfway because the client left.
        if (result.Sources.Count > 0)
            await _state.ChangeAsync(() => new FlagChanges(_state).Expunge(result.Sources, evenUndeleted: true), CancellationToken.None);
        return result;
    }

    /// <summary>Removes messages whatever their flags; returns those removed.</summary>
    public async ValueTask<IReadOnlyList<Uid>> RemoveAsync(IReadOnlyList<Uid> uids, CancellationToken ct) =>
        await _state.ChangeAsync(() => new FlagChanges(_state).Expunge(uids, evenUndeleted: true), ct);

    /// <summary>Removes the messages with \Deleted (of <paramref name="only"/>, when given); returns those removed.</summary>
    public async ValueTask<IReadOnlyList<Uid>> ExpungeAsync(IReadOnlyList<Uid>? only, CancellationToken ct) =>
        await _state.ChangeAsync(() => new FlagChanges(_state).Expunge(only), ct);

    /// <summary>The message's bytes; null when its file is gone for good. An expunged message that an older snapshot still
    /// has can be read for as long as it lies in courier/expunged/.</summary>
    public async ValueTask<MessageContent?> OpenMessageAsync(Uid uid, CancellationToken ct) => await _state.Reader.OpenAsync(uid, ct);

    /// <summary>ENVELOPE, BODYSTRUCTURE and BODY, from the index when it has them; null when the message is gone.</summary>
    public ValueTask<MessageForms?> FormsAsync(Uid uid, FormsWanted wanted, CancellationToken ct) => _state.Reader.FormsAsync(uid, wanted, ct);

    /// <summary>How many <see cref="MakeFormsAheadAsync"/> looks at.</summary>
    public const int AheadCount = 256;

    /// <summary>Makes the forms and keys that the next messages from a position lack, on several processors at once: for who is about to ask for all of
    /// them. Where that fails the one who asks is told.</summary>
    public ValueTask MakeFormsAheadAsync(MailboxSnapshot snapshot, int from, int last, FormsWanted wanted, CancellationToken ct) =>
        _state.Reader.MakeAheadAsync(snapshot, from, Math.Min(last, from + AheadCount - 1), wanted, ct);

    /// <summary>What POP3 clients know a message by from the server that was here before; null for one that came after it.</summary>
    public string? TakenUidl(Uid uid) => _state.TakenUidl(uid);

    /// <summary>What SORT and THREAD compare, kept like the forms; null when the message is gone.</summary>
    public ValueTask<MessageKeys?> KeysAsync(Uid uid, CancellationToken ct) => _state.Reader.KeysAsync(uid, ct);

    /// <summary>EMAILID, THREADID and PREVIEW, found out when somebody first asks and kept; null when the message is gone.</summary>
    public ValueTask<MessageFacts?> FactsAsync(Uid uid, CancellationToken ct) => _state.Reader.FactsAsync(uid, ct);

    /// <summary>How much of the mailbox the full text index knows.</summary>
    public TextIndexStatus TextIndex() => FullText.TextIndex.Status(_state);

    /// <summary>Brings the full text index up to date now; with <paramref name="anew"/> whatever there was is thrown away first.
    /// Returns messages added; null when another process is at it.</summary>
    public async ValueTask<int?> IndexTextAsync(bool anew, CancellationToken ct)
    {
        await RefreshAsync(ct);
        if (anew)
            FullText.TextIndex.Delete(_state.Folder);
        return await new TextIndexBuilder(_state, _state.Store.Settings.TextIndex).RunAsync(atLeast: 1, isPaced: false, ct);
    }

    internal SegmentSet? OpenSegments(MailboxSnapshot snapshot) => snapshot is Snapshot own ? SegmentSet.Open(_state.Folder, own) : null;

    internal Microsoft.Extensions.Logging.ILogger Logger => _state.Store.Logger;

    internal string Path => _state.Folder.Path;

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            _state.Settle();
            _state.Watcher.Leave();
            _state.Store.Leave(_state);
        }

        return default;
    }
}
