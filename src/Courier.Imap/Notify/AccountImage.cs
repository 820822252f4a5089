using Courier.Imap.Grammar;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;

namespace Courier.Imap;

/// <summary>The account at one moment, as far as NOTIFY was asked to watch it: two of them show what has changed, whoever has changed it.</summary>
internal sealed class AccountImage
{
    private static readonly Dictionary<string, byte[]> _nothing = [];

    private readonly Dictionary<MailboxName, MailboxListing> _mailboxes = [];
    private readonly Dictionary<MailboxName, ulong> _ids = [];
    private readonly Dictionary<MailboxName, IReadOnlyDictionary<string, byte[]>> _notes = [];
    private IReadOnlyDictionary<string, byte[]> _ownNotes = _nothing;

    public HashSet<MailboxName> Subscribed { get; private init; } = [];

    /// <summary>Mailboxes that there are, without names that only have some below them.</summary>
    public IEnumerable<MailboxName> Existing => _mailboxes.Values.Where(mailbox => mailbox.Exists).Select(mailbox => mailbox.Name);

    public static async ValueTask<AccountImage> ReadAsync(MailAccount account, NotifyRequest request, CancellationToken ct)
    {
        var image = new AccountImage { Subscribed = [.. await account.SubscriptionsAsync(ct)] };
        var asked = request.Groups.Aggregate(NotifyEvents.None, (all, group) => all | group.Events);
        foreach (var mailbox in await account.ListAsync(ct))
        {
            image._mailboxes[mailbox.Name] = mailbox;
            if (mailbox.Exists && (asked & NotifyEvents.MailboxName) != 0 && account.DirectoryId(mailbox.Name) is { } id)
                image._ids[mailbox.Name] = id;
            if (mailbox.Exists && (request.EventsOf(mailbox.Name, image.Subscribed) & NotifyEvents.MailboxMetadataChange) != 0)
                image._notes[mailbox.Name] = await account.AnnotationsAsync(mailbox.Name, ct) ?? _nothing;
        }

        if ((asked & NotifyEvents.ServerMetadataChange) != 0)
            image._ownNotes = await account.AnnotationsAsync(null, ct) ?? _nothing;
        return image;
    }

    public bool Exists(MailboxName name) => _mailboxes.GetValueOrDefault(name)?.Exists == true;

    public bool HasChildren(MailboxName name) => _mailboxes.GetValueOrDefault(name)?.HasChildren == true;

    /// <summary>Names that have come, gone, or got something below them or nothing any more; with the name that a mailbox had before.</summary>
    public IEnumerable<(MailboxName Name, MailboxName? Old)> NamesSince(AccountImage before)
    {
        var renamed = RenamedSince(before);
        var gone = renamed.Values.ToHashSet();
        foreach (var name in _mailboxes.Keys.Union(before._mailboxes.Keys).OrderBy(name => name.Value, StringComparer.Ordinal))
        {
            if (renamed.TryGetValue(name, out var old))
            {
                // What lies below goes along without a word of its own (RFC 5465 §5.4).
                if (name.Parent is not { } above || !renamed.TryGetValue(above, out var oldAbove) || old.Parent != oldAbove)
                    yield return (name, old);
            }
            else if (!gone.Contains(name) && (Exists(name) != before.Exists(name) || HasChildren(name) != before.HasChildren(name)))
            {
                yield return (name, null);
            }
        }
    }

    public IEnumerable<MailboxName> SubscriptionsSince(AccountImage before) =>
        Subscribed.Except(before.Subscribed).Concat(before.Subscribed.Except(Subscribed)).OrderBy(name => name.Value, StringComparer.Ordinal);

    /// <summary>Entries that have changed, by mailbox; those of a mailbox that has just come are not among them.</summary>
    public IEnumerable<(MailboxName Name, List<string> Entries)> NotesSince(AccountImage before)
    {
        foreach (var (name, notes) in _notes)
        {
            if (before._notes.TryGetValue(name, out var known) && Differing(known, notes) is { Count: > 0 } entries)
                yield return (name, entries);
        }
    }

    public List<string> OwnNotesSince(AccountImage before) => Differing(before._ownNotes, _ownNotes);

    private Dictionary<MailboxName, MailboxName> RenamedSince(AccountImage before)
    {
        var were = before._ids.Where(entry => !Exists(entry.Key)).ToDictionary(entry => entry.Value, entry => entry.Key);
        var renamed = new Dictionary<MailboxName, MailboxName>();
        foreach (var (name, id) in _ids)
        {
            if (!before.Exists(name) && were.TryGetValue(id, out var old))
                renamed[name] = old;
        }

        return renamed;
    }

    private static List<string> Differing(IReadOnlyDictionary<string, byte[]> before, IReadOnlyDictionary<string, byte[]> now) =>
        [.. before.Keys.Union(now.Keys, StringComparer.OrdinalIgnoreCase).Where(entry => !Same(before.GetValueOrDefault(entry), now.GetValueOrDefault(entry)))];

    private static bool Same(byte[]? one, byte[]? other) => one is null || other is null ? one == other : one.AsSpan().SequenceEqual(other);
}
