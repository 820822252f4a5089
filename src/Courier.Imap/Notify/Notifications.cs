using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;

namespace Courier.Imap;

/// <summary>What one session is told of beyond its commands (RFC 5465): it watches the account and the mailboxes that were asked for, and writes what
/// has happened when the session lets it.</summary>
/// <remarks>Whoever changes something only sets the <see cref="Signal"/>; everything is looked at and written by the session itself, between
/// commands, at their ends and in IDLE.</remarks>
internal sealed class Notifications : IAsyncDisposable
{
    /// <summary>The response code that names all there are (§3.1).</summary>
    public const string KnownEvents =
        "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)";

    private readonly ImapSession _session;
    private readonly NotifyRequest _request;
    private readonly Dictionary<MailboxName, WatchedMailbox> _watched = [];
    private readonly Dictionary<MailboxName, IDisposable> _noteWatches = [];
    private readonly HashSet<MailboxName> _causedNames = [];
    private readonly HashSet<Uid> _ownInSelected = [];
    private bool _causedOwnNotes;
    private AccountImage _image = new();
    private IDisposable? _account;
    private IDisposable? _selected;
    private volatile bool _isAccountDirty;

    private Notifications(ImapSession session, NotifyRequest request)
    {
        (_session, _request) = (session, request);
        OfSelected = request.Groups.FirstOrDefault(group => group.Filter.IsOfSelected);
    }

    /// <summary>Set when there may be something to tell.</summary>
    public Signal Signal { get; } = new();

    /// <summary>What is told of the selected mailbox; null for nothing (§3.1).</summary>
    public NotifyGroup? OfSelected { get; }

    /// <summary>Whether there is anything to be told between commands.</summary>
    public bool IsActive => _request.Groups.Count > 0;

    /// <summary>What may be said of the selected mailbox between commands: with SELECTED-DELAYED no number changes there (§6.1.2).</summary>
    public CommandEffects Effects => OfSelected?.Filter.Scope == MailboxScope.Selected ? CommandEffects.MaySendExpunge : CommandEffects.None;

    /// <summary>Begins to watch; null where that would be too much.</summary>
    public static async ValueTask<Notifications?> StartAsync(ImapSession session, NotifyRequest request, CancellationToken ct)
    {
        var notifications = new Notifications(session, request);
        if (request.Groups.All(group => group.Filter.IsOfSelected))
            return notifications;
        // First the ear, then the eye: what happens between the two is looked at once more.
        notifications._account = session.Mailboxes.OnChanged(notifications.OnAccountChanged);
        notifications._image = await AccountImage.ReadAsync(session.Mailboxes, request, ct);
        if (notifications.WatchedNames().Count() > session.Limits.WatchedMailboxes)
        {
            await notifications.DisposeAsync();
            return null;
        }

        await notifications.WatchAsync(ct);
        if (request.SaysStatus)
            await notifications.WriteStatusAsync();
        return notifications;
    }

    /// <summary>The session has another mailbox selected, or none.</summary>
    public void Follow(SelectedMailbox? left, SelectedMailbox? next)
    {
        _selected?.Dispose();
        _selected = OfSelected is not null && next is not null ? next.Mailbox.OnChanged(Signal.Set) : null;
        _ownInSelected.Clear();
        if (left is not null && _watched.TryGetValue(left.Name, out var watched))
            watched.Know(left.Announced);
    }

    /// <summary>The client itself has put messages there.</summary>
    public void Caused(MailboxName name, IReadOnlyList<Uid> uids)
    {
        if (_session.Selected?.Name == name)
            _ownInSelected.UnionWith(uids);
        else if (_watched.TryGetValue(name, out var watched))
            watched.Caused(uids);
    }

    /// <summary>The client itself has made, renamed, deleted or described this mailbox; null for the account.</summary>
    public void Caused(MailboxName? name)
    {
        _causedOwnNotes |= name is null;
        if (name is not null)
            _causedNames.Add(name);
    }

    /// <summary>Whether the client knows of this message in the selected mailbox because it put it there.</summary>
    public bool IsOwn(Uid uid) => _ownInSelected.Remove(uid);

    /// <summary>Tells what has happened beside the selected mailbox.</summary>
    public async ValueTask WriteAsync(CancellationToken ct)
    {
        if (_isAccountDirty)
        {
            _isAccountDirty = false;
            await WriteAccountAsync(ct);
        }

        foreach (var (name, watched) in _watched)
        {
            if (_session.Naming.Wire(name) is { } wire)
                watched.WriteChanges(_session.Writer, wire, _session.Enabled, _session.Selected?.Name == name);
        }

        await _session.Writer.FlushIfFullAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _account?.Dispose();
        _selected?.Dispose();
        foreach (var watch in _noteWatches.Values)
            watch.Dispose();
        foreach (var watched in _watched.Values)
            await watched.DisposeAsync();
        _watched.Clear();
    }

    private void OnAccountChanged()
    {
        _isAccountDirty = true;
        Signal.Set();
    }

    private NotifyEvents EventsOf(MailboxName name) => _request.EventsOf(name, _image.Subscribed);

    private IEnumerable<MailboxName> WatchedNames() => _image.Existing.Where(name => (EventsOf(name) & NotifyEvents.Messages) != 0);

    private async ValueTask WatchAsync(CancellationToken ct)
    {
        var names = WatchedNames().Take(_session.Limits.WatchedMailboxes).ToHashSet();
        foreach (var name in _watched.Keys.Where(name => !names.Contains(name)).ToList())
        {
            await _watched[name].DisposeAsync();
            _watched.Remove(name);
        }

        foreach (var name in names)
        {
            if (!_watched.ContainsKey(name) && await _session.Mailboxes.OpenAsync(name, ct) is { } mailbox)
                _watched[name] = new(mailbox, EventsOf(name), Signal);
        }

        WatchNotes();
    }

    private void WatchNotes()
    {
        foreach (var name in _noteWatches.Keys.Where(name => !_image.Exists(name)).ToList())
        {
            _noteWatches[name].Dispose();
            _noteWatches.Remove(name);
        }

        foreach (var name in _image.Existing.Where(name => (EventsOf(name) & NotifyEvents.MailboxMetadataChange) != 0 && !_noteWatches.ContainsKey(name)).Take(_session.Limits.WatchedMailboxes))
        {
            if (_session.Mailboxes.OnNotesChanged(name, OnAccountChanged) is { } watch)
                _noteWatches[name] = watch;
        }
    }

    private async ValueTask WriteStatusAsync()
    {
        foreach (var (name, watched) in _watched.OrderBy(entry => entry.Key.Value, StringComparer.Ordinal))
        {
            if (name != _session.Selected?.Name && _session.Naming.Wire(name) is { } wire)
                watched.WriteAll(_session.Writer, wire);
            await _session.Writer.FlushIfFullAsync();
        }
    }

    private async ValueTask WriteAccountAsync(CancellationToken ct)
    {
        var before = _image;
        _image = await AccountImage.ReadAsync(_session.Mailboxes, _request, ct);
        var toList = new Dictionary<MailboxName, MailboxName?>();
        foreach (var (name, old) in _image.NamesSince(before))
        {
            if (IsTold(name, NotifyEvents.MailboxName) || (old is not null && IsTold(old, NotifyEvents.MailboxName)))
                toList[name] = old;
        }

        foreach (var name in _image.SubscriptionsSince(before))
        {
            // Who is told of what is subscribed hears also of what is not any more.
            if (IsTold(name, NotifyEvents.SubscriptionChange) || (!IsCaused(name) && (_request.EventsOf(name, before.Subscribed) & NotifyEvents.SubscriptionChange) != 0))
                toList.TryAdd(name, null);
        }

        foreach (var (name, old) in toList)
            WriteName(name, old);
        foreach (var (name, entries) in _image.NotesSince(before))
        {
            if (!IsCaused(name) && _session.Naming.Wire(name) is { } wire)
                WriteNotes(wire, entries);
        }

        if (!_causedOwnNotes && _image.OwnNotesSince(before) is { Count: > 0 } own)
            WriteNotes("", own);
        _causedNames.Clear();
        _causedOwnNotes = false;
        await WatchAsync(ct);
    }

    private bool IsTold(MailboxName name, NotifyEvents events) => !IsCaused(name) && (EventsOf(name) & events) != 0;

    // With a mailbox go those below it, and the one above hears that it has something below.
    private bool IsCaused(MailboxName name) => _causedNames.Any(own => own == name || own.Parent == name || (!own.IsInbox && name.IsBelow(own)));

    private void WriteName(MailboxName name, MailboxName? old)
    {
        if (_session.Naming.Wire(name) is not { } wire)
            return;
        var attributes = new List<string>();
        if (!_image.Exists(name))
            attributes.Add("\\NonExistent");
        attributes.Add(_image.HasChildren(name) && (_session.Naming.HasPrefix || !name.IsInbox) ? "\\HasChildren" : "\\HasNoChildren");
        if (_image.Subscribed.Contains(name))
            attributes.Add("\\Subscribed");
        ListResponse.Write(_session.Writer, "LIST", attributes, wire, oldName: old is null ? null : _session.Naming.Wire(old));
    }

    // Names without values (RFC 5464 §4.4.2).
    private void WriteNotes(string wire, List<string> entries)
    {
        _session.Writer.Raw("* METADATA "u8);
        _session.Writer.Mailbox(wire);
        _session.Writer.Raw($" {string.Join(' ', entries)}\r\n");
    }
}
