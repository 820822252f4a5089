using System.Collections.Frozen;
using Courier.Imap.Commands;
using Courier.Imap.Grammar;

namespace Courier.Imap;

/// <summary>States of a connection (RFC 3501 §3).</summary>
[Flags]
internal enum ImapStates
{
    None = 0,
    NotLoggedIn = 1,
    LoggedIn = 2,
    Selected = 4,
    Any = NotLoggedIn | LoggedIn | Selected,
    AfterLogin = LoggedIn | Selected,
}

/// <summary>What the loop must know of a command.</summary>
[Flags]
internal enum CommandEffects
{
    None = 0,

    /// <summary>Numbers may change before the tagged reply: EXPUNGE may be said (RFC 3501 §7.4.1).</summary>
    MaySendExpunge = 1,

    /// <summary>Its numbers, and so those in the updates that follow it, are sequence numbers: EXPUNGE may not be said.</summary>
    UsesSequenceNumbers = 2,

    /// <summary>It speaks in UIDs: FETCH responses carry them (RFC 3501 §6.4.8).</summary>
    UsesUids = 4,

    /// <summary>The mailbox that was selected is left: there is nothing to be told of it.</summary>
    LeavesMailbox = 8,

    /// <summary>Makes no sense without sequence numbers: refused once they are given up (RFC 9586 §3).</summary>
    NeedsSequenceNumbers = 16,

    /// <summary>It takes messages out of the mailbox: the client is told, whatever else it does not want to hear (RFC 5465 §3.1).</summary>
    RemovesMessages = 32,
}

internal delegate ImapCommand CommandParser(ref ImapParser p);

/// <summary>One row: where a command is allowed, what it may cause, how it is read.</summary>
internal sealed record CommandEntry(ImapStates States, CommandEffects Effects, CommandParser Parse);

/// <summary>Every command there is. Adding one: docs/recipes/imap-command.md.</summary>
internal static class CommandTable
{
    private const CommandEffects Numbers = CommandEffects.UsesSequenceNumbers | CommandEffects.NeedsSequenceNumbers;
    private const CommandEffects AnyByNumber = CommandEffects.MaySendExpunge | CommandEffects.NeedsSequenceNumbers;
    private const CommandEffects Uids = CommandEffects.UsesUids | CommandEffects.MaySendExpunge;
    private const CommandEffects Any = CommandEffects.MaySendExpunge;
    private const CommandEffects Removes = CommandEffects.RemovesMessages;

    public static FrozenDictionary<string, CommandEntry> Rows { get; } = new Dictionary<string, CommandEntry>(StringComparer.Ordinal)
    {
        // Any state (RFC 3501 §6.1)
        ["CAPABILITY"] = new(ImapStates.Any, Any, CapabilityCommand.Parse),
        ["NOOP"] = new(ImapStates.Any, Any, NoopCommand.Parse),
        ["LOGOUT"] = new(ImapStates.Any, CommandEffects.LeavesMailbox, LogoutCommand.Parse),
        ["ID"] = new(ImapStates.Any, Any, IdCommand.Parse),

        // Before login (§6.2)
        ["STARTTLS"] = new(ImapStates.NotLoggedIn, CommandEffects.None, StartTlsCommand.Parse),
        ["AUTHENTICATE"] = new(ImapStates.NotLoggedIn, CommandEffects.None, AuthenticateCommand.Parse),
        ["LOGIN"] = new(ImapStates.NotLoggedIn, CommandEffects.None, LoginCommand.Parse),

        // After login (§6.3)
        ["SELECT"] = new(ImapStates.AfterLogin, CommandEffects.LeavesMailbox, static (ref p) => SelectCommand.Parse(ref p, isReadOnly: false)),
        ["EXAMINE"] = new(ImapStates.AfterLogin, CommandEffects.LeavesMailbox, static (ref p) => SelectCommand.Parse(ref p, isReadOnly: true)),
        ["CREATE"] = new(ImapStates.AfterLogin, Any, CreateCommand.Parse),
        ["DELETE"] = new(ImapStates.AfterLogin, Any, DeleteCommand.Parse),
        ["RENAME"] = new(ImapStates.AfterLogin, Any, RenameCommand.Parse),
        ["SUBSCRIBE"] = new(ImapStates.AfterLogin, Any, static (ref p) => SubscribeCommand.Parse(ref p, subscribe: true)),
        ["UNSUBSCRIBE"] = new(ImapStates.AfterLogin, Any, static (ref p) => SubscribeCommand.Parse(ref p, subscribe: false)),
        ["LIST"] = new(ImapStates.AfterLogin, Any, ListCommand.Parse),
        ["LSUB"] = new(ImapStates.AfterLogin, Any, LsubCommand.Parse),
        ["STATUS"] = new(ImapStates.AfterLogin, Any, StatusCommand.Parse),
        ["APPEND"] = new(ImapStates.AfterLogin, Any, AppendCommand.Parse),
        ["NAMESPACE"] = new(ImapStates.AfterLogin, Any, NamespaceCommand.Parse),
        ["COMPRESS"] = new(ImapStates.AfterLogin, Any, CompressCommand.Parse),
        ["GETMETADATA"] = new(ImapStates.AfterLogin, Any, GetMetadataCommand.Parse),
        ["SETMETADATA"] = new(ImapStates.AfterLogin, Any, SetMetadataCommand.Parse),
        ["GETQUOTA"] = new(ImapStates.AfterLogin, Any, QuotaCommand.Parse),
        ["GETQUOTAROOT"] = new(ImapStates.AfterLogin, Any, QuotaCommand.ParseRoot),
        ["ENABLE"] = new(ImapStates.AfterLogin, Any, EnableCommand.Parse),
        ["LANGUAGE"] = new(ImapStates.Any, Any, LanguageCommand.Parse),
        ["UNAUTHENTICATE"] = new(ImapStates.AfterLogin, CommandEffects.LeavesMailbox, UnauthenticateCommand.Parse),
        ["IDLE"] = new(ImapStates.AfterLogin, Any, IdleCommand.Parse),
        ["NOTIFY"] = new(ImapStates.AfterLogin, Any, NotifyCommand.Parse),
        ["ESEARCH"] = new(ImapStates.AfterLogin, Any, EsearchCommand.Parse),

        // With a mailbox (§6.4)
        ["CHECK"] = new(ImapStates.Selected, Any, NoopCommand.Parse),
        ["CLOSE"] = new(ImapStates.Selected, CommandEffects.LeavesMailbox, static (ref p) => CloseCommand.Parse(ref p, expunges: true)),
        ["UNSELECT"] = new(ImapStates.Selected, CommandEffects.LeavesMailbox, static (ref p) => CloseCommand.Parse(ref p, expunges: false)),
        ["EXPUNGE"] = new(ImapStates.Selected, Any | Removes, ExpungeCommand.Parse),
        ["SEARCH"] = new(ImapStates.Selected, Numbers, static (ref p) => SearchCommand.Parse(ref p, Numbering.Sequence)),
        ["FETCH"] = new(ImapStates.Selected, Numbers, static (ref p) => FetchCommand.Parse(ref p, Numbering.Sequence)),
        ["STORE"] = new(ImapStates.Selected, Numbers, static (ref p) => StoreCommand.Parse(ref p, Numbering.Sequence)),
        ["COPY"] = new(ImapStates.Selected, AnyByNumber, static (ref p) => CopyCommand.Parse(ref p, Numbering.Sequence)),
        ["REPLACE"] = new(ImapStates.Selected, AnyByNumber | Removes, static (ref p) => ReplaceCommand.Parse(ref p, Numbering.Sequence)),
        ["UID REPLACE"] = new(ImapStates.Selected, Uids | Removes, static (ref p) => ReplaceCommand.Parse(ref p, Numbering.Uid)),
        ["MOVE"] = new(ImapStates.Selected, AnyByNumber | Removes, static (ref p) => MoveCommand.Parse(ref p, Numbering.Sequence)),
        ["SORT"] = new(ImapStates.Selected, Numbers, static (ref p) => SortCommand.Parse(ref p, Numbering.Sequence)),
        ["THREAD"] = new(ImapStates.Selected, Numbers, static (ref p) => ThreadCommand.Parse(ref p, Numbering.Sequence)),
        ["CANCELUPDATE"] = new(ImapStates.Selected, Any, CancelUpdateCommand.Parse),
        ["UIDBATCHES"] = new(ImapStates.Selected, Any, UidBatchesCommand.Parse),
        ["UID SORT"] = new(ImapStates.Selected, Uids, static (ref p) => SortCommand.Parse(ref p, Numbering.Uid)),
        ["UID THREAD"] = new(ImapStates.Selected, Uids, static (ref p) => ThreadCommand.Parse(ref p, Numbering.Uid)),
        ["UID EXPUNGE"] = new(ImapStates.Selected, Uids | Removes, ExpungeCommand.ParseUid),
        ["UID SEARCH"] = new(ImapStates.Selected, Uids, static (ref p) => SearchCommand.Parse(ref p, Numbering.Uid)),
        ["UID FETCH"] = new(ImapStates.Selected, Uids, static (ref p) => FetchCommand.Parse(ref p, Numbering.Uid)),
        ["UID STORE"] = new(ImapStates.Selected, Uids, static (ref p) => StoreCommand.Parse(ref p, Numbering.Uid)),
        ["UID COPY"] = new(ImapStates.Selected, Uids, static (ref p) => CopyCommand.Parse(ref p, Numbering.Uid)),
        ["UID MOVE"] = new(ImapStates.Selected, Uids | Removes, static (ref p) => MoveCommand.Parse(ref p, Numbering.Uid)),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Reads the name of a command; UID and what follows it are one name.</summary>
    public static string ReadName(ref ImapParser p)
    {
        var name = System.Text.Encoding.ASCII.GetString(p.Atom()).ToUpperInvariant();
        if (name != "UID")
            return name;
        p.Space();
        return "UID " + System.Text.Encoding.ASCII.GetString(p.Atom()).ToUpperInvariant();
    }
}
