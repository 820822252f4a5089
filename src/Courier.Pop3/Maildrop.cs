using System.Globalization;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;

namespace Courier.Pop3;

/// <summary>What one session sees of a mailbox: the messages of the moment of login, numbered from 1, less those it has deleted
/// (RFC 1939 §4). Other sessions and programs may use the mailbox meanwhile: their changes are seen at the next login.</summary>
internal sealed class Maildrop : IAsyncDisposable
{
    private readonly Mailbox _mailbox;
    private readonly MailboxSnapshot _messages;
    private readonly HashSet<int> _deleted = [];
    private readonly HashSet<int> _seen = [];

    private Maildrop(Mailbox mailbox, MailboxSnapshot messages)
    {
        (_mailbox, _messages) = (mailbox, messages);
        Count = messages.Count;
    }

    /// <summary>Messages that are not deleted.</summary>
    internal int Count { get; private set; }

    /// <summary>Their size: added up anew, as the mailbox may learn the size of another program's file only when it is asked.</summary>
    internal long Octets => Numbers().Sum(SizeOf);

    internal int DeletedCount => _deleted.Count;

    internal static async ValueTask<Maildrop> OpenAsync(MailStore store, string maildir, CancellationToken ct)
    {
        var mailbox = await store.Open(maildir).OpenAsync(MailboxName.Inbox, ct) ?? throw new IOException($"{maildir} has no INBOX.");
        try
        {
            return new Maildrop(mailbox, await mailbox.RefreshAsync(ct));
        }
        catch
        {
            await mailbox.DisposeAsync();
            throw;
        }
    }

    internal bool Has(int number) => number >= 1 && number <= _messages.Count && !_deleted.Contains(number);

    /// <summary>The numbers of the messages that are not deleted.</summary>
    internal IEnumerable<int> Numbers() => Enumerable.Range(1, _messages.Count).Where(number => !_deleted.Contains(number));

    /// <summary>Octets as they go over the wire, dots not stuffed (RFC 1939 §11).</summary>
    internal long SizeOf(int number) => _messages[number - 1].Size;

    /// <summary>RFC 1939 §7: the same in every session, never given to another message. UIDVALIDITY and UID of IMAP are just that; a message that
    /// another server showed first keeps the name that it had there.</summary>
    internal string UniqueIdOf(int number) => _mailbox.TakenUidl(_messages.UidAt(number - 1)) ?? string.Create(CultureInfo.InvariantCulture, $"{_messages.UidValidity.Value}.{_messages.UidAt(number - 1).Value}");

    internal ValueTask<MessageContent?> ReadAsync(int number, CancellationToken ct) => _mailbox.OpenMessageAsync(_messages.UidAt(number - 1), ct);

    internal void Delete(int number)
    {
        _deleted.Add(number);
        Count--;
    }

    internal void Restore()
    {
        Count += _deleted.Count;
        _deleted.Clear();
    }

    /// <summary>Notes that a message was retrieved.</summary>
    /// <returns>How many wait for <see cref="MarkSeenAsync"/>.</returns>
    internal int NoteSeen(int number)
    {
        if (!_messages.FlagsAt(number - 1).HasFlag(MessageFlags.Seen))
            _seen.Add(number);
        return _seen.Count;
    }

    /// <summary>Sets \Seen on what was retrieved, as a mail program would (courier.md §8); not on what is deleted anyway.</summary>
    internal async ValueTask MarkSeenAsync(CancellationToken ct)
    {
        var uids = Uids(_seen.Except(_deleted));
        // Those deleted are remembered: RSET may bring them back.
        _seen.IntersectWith(_deleted);
        if (uids.Count > 0)
            await _mailbox.StoreAsync(uids, new FlagChange(FlagChangeKind.Add, MessageFlags.Seen, []), ct);
    }

    /// <summary>RFC 1939 §6: the UPDATE state. What somebody else has removed before is no failure.</summary>
    /// <returns>False when a message is still there.</returns>
    internal async ValueTask<bool> UpdateAsync(CancellationToken ct)
    {
        if (_deleted.Count == 0)
            return true;
        var uids = Uids(_deleted);
        await _mailbox.StoreAsync(uids, new FlagChange(FlagChangeKind.Add, MessageFlags.Deleted, []), ct);
        await _mailbox.ExpungeAsync(uids, ct);
        var now = _mailbox.Current;
        return uids.All(uid => now.IndexOf(uid) < 0);
    }

    public ValueTask DisposeAsync() => _mailbox.DisposeAsync();

    private List<Uid> Uids(IEnumerable<int> numbers) => [.. numbers.Order().Select(number => _messages.UidAt(number - 1))];
}
