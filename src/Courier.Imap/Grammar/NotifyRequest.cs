using Courier.Mailboxes.Names;

namespace Courier.Imap.Grammar;

/// <summary>What a client can ask to be told of (RFC 5465 §5).</summary>
[Flags]
internal enum NotifyEvents
{
    None = 0,
    MessageNew = 1,
    MessageExpunge = 2,
    FlagChange = 4,
    MailboxName = 8,
    SubscriptionChange = 16,
    MailboxMetadataChange = 32,
    ServerMetadataChange = 64,

    /// <summary>Those about messages.</summary>
    Messages = MessageNew | MessageExpunge | FlagChange,
}

/// <summary>Events of some mailboxes; <paramref name="Items"/> is what to fetch of new messages in the selected one.</summary>
internal sealed record NotifyGroup(MailboxFilter Filter, NotifyEvents Events, FetchItems? Items);

/// <summary>All that a client wants to be told of.</summary>
/// <remarks>notify = "NOTIFY" SP ("SET" [SP "STATUS"] SP event-group *(SP event-group) / "NONE") ; event-group = "(" filter-mailboxes SP events ")" ;
/// events = "(" event *(SP event) ")" / "NONE" (RFC 5465 §8). Examples of the RFC leave the inner parentheses out: that is understood too.</remarks>
/// <param name="SaysStatus">How things are now is to be told first.</param>
/// <param name="Groups">None for NOTIFY NONE.</param>
/// <param name="HasUnknown">An event that we do not have was asked for.</param>
internal sealed record NotifyRequest(bool SaysStatus, IReadOnlyList<NotifyGroup> Groups, bool HasUnknown)
{
    private const int GroupsMax = 100;
    private const int EventsMax = 20;

    /// <summary>What is told of a mailbox that is not selected: all that its groups ask for together (RFC 5465 §6).</summary>
    public NotifyEvents EventsOf(MailboxName name, IReadOnlySet<MailboxName> subscribed)
    {
        var events = NotifyEvents.None;
        foreach (var group in Groups)
        {
            if (!group.Filter.IsOfSelected && group.Filter.Covers(name, subscribed))
                events |= group.Events;
        }

        return events;
    }

    public static NotifyRequest Parse(ref ImapParser p)
    {
        if (p.TryWord("NONE"u8))
            return new(false, [], false);
        if (!p.TryWord("SET "u8))
            throw new ImapSyntaxException("Expected SET or NONE");
        var saysStatus = p.TryWord("STATUS "u8);
        var groups = new List<NotifyGroup>();
        var hasUnknown = false;
        do
        {
            if (groups.Count == GroupsMax)
                throw new ImapSyntaxException("Too many groups of events");
            groups.Add(Group(ref p, ref hasUnknown));
        }
        while (p.TrySpace());
        return groups.Count(group => group.Filter.IsOfSelected) > 1
            ? throw new ImapSyntaxException("The selected mailbox is named twice") // §6.1
            : new(saysStatus, groups, hasUnknown);
    }

    private static NotifyGroup Group(ref ImapParser p, ref bool hasUnknown)
    {
        p.Expect((byte)'(', "Expected a group of events");
        var filter = MailboxFilter.Parse(ref p);
        if (filter.Scope == MailboxScope.SubtreeOne)
            throw new ImapSyntaxException("Unknown choice of mailboxes"); // RFC 7377 has it, not RFC 5465
        p.Space();
        var (events, items) = (NotifyEvents.None, (FetchItems?)null);
        if (!p.TryWord("NONE)"u8))
        {
            var isList = p.TryByte((byte)'(');
            var count = 0;
            do
            {
                if (++count > EventsMax)
                    throw new ImapSyntaxException("Too many events");
                events |= Event(ref p, filter, ref items, ref hasUnknown);
            }
            while (p.TrySpace());
            if (isList)
                p.Expect((byte)')', "The list of events is not closed");
            p.Expect((byte)')', "The group of events is not closed");
        }

        return Checked(new(filter, events, items));
    }

    private static NotifyEvents Event(ref ImapParser p, MailboxFilter filter, ref FetchItems? items, ref bool hasUnknown)
    {
        switch (p.Name())
        {
            case "MESSAGENEW":
                if (!p.Rest.StartsWith(" ("u8))
                    return NotifyEvents.MessageNew;
                if (!filter.IsOfSelected)
                    throw new ImapSyntaxException("Messages are fetched from the selected mailbox only"); // §8
                p.Space();
                items = FetchItems.Parse(ref p);
                return NotifyEvents.MessageNew;
            case "MESSAGEEXPUNGE": return NotifyEvents.MessageExpunge;
            case "FLAGCHANGE": return NotifyEvents.FlagChange;
            case "MAILBOXNAME": return NotifyEvents.MailboxName;
            case "SUBSCRIPTIONCHANGE": return NotifyEvents.SubscriptionChange;
            case "MAILBOXMETADATACHANGE": return NotifyEvents.MailboxMetadataChange;
            case "SERVERMETADATACHANGE": return NotifyEvents.ServerMetadataChange;
            default:
                hasUnknown = true; // §3.1: a NO, not a BAD
                return NotifyEvents.None;
        }
    }

    private static NotifyGroup Checked(NotifyGroup group)
    {
        var both = group.Events & (NotifyEvents.MessageNew | NotifyEvents.MessageExpunge);
        if (both is NotifyEvents.MessageNew or NotifyEvents.MessageExpunge || (both == NotifyEvents.None && (group.Events & NotifyEvents.FlagChange) != 0))
            throw new ImapSyntaxException("MessageNew and MessageExpunge go together, and FlagChange takes both"); // §5
        return group.Filter.IsOfSelected && (group.Events & ~NotifyEvents.Messages) != 0
            ? throw new ImapSyntaxException("Only events of messages are told of the selected mailbox") // §6.1
            : group;
    }
}
