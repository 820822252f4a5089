using Courier.Mta.Reception.Rates;
using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on how much of anything.</summary>
internal static class LimitKeys
{
    internal static readonly Setting<long> MessageSize = new("limits", "message_size", Types.Size, "50MiB", "Largest message accepted; announced by SIZE.") { Scope = SettingScope.Session };
    internal static readonly Setting<int> Recipients = new("limits", "recipients", Types.Count, "1000", "Recipients of one message (RFC 5321 §4.5.3.1.8 asks for 100 at least).") { Scope = SettingScope.Session };
    internal static readonly Setting<int> Connections = new("limits", "connections", Types.Count, "20000", "Connections of one listener (Courier's MAXDAEMONS).") { Scope = SettingScope.Session };
    internal static readonly Setting<int> ConnectionsPerPeer = new("limits", "connections_per_peer", Types.Count, "1000", "Connections of one address to one listener; an IPv6 /64 counts as one (Courier's MAXPERIP).") { Scope = SettingScope.Session };
    internal static readonly Setting<int> ConnectionsPerNetwork = new("limits", "connections_per_network", Types.Count, "5000", "Connections of one network, an IPv4 /24 or an IPv6 /56, to one listener (Courier's MAXPERC).") { Scope = SettingScope.Session };
    internal static readonly Setting<long> FreeSpace = new("limits", "free_space", Types.Size, "100MiB", "With less than this free on the state's file system, mail is refused for the time being.") { Scope = SettingScope.Session };
    internal static readonly Setting<int> FreeFiles = new("limits", "free_files", Types.CountOrNone, "1000", "The same with fewer files that could still be made there (inodes, the second number of Courier's sizecheck). `0`: any number will do.") { Scope = SettingScope.Session };
    internal static readonly Setting<Rate?> AccountMessages = new("limits", "messages_per_account", Types.Rate, "none", "Messages that one account may send; more are put off.") { Scope = SettingScope.Session };
    internal static readonly Setting<Rate?> AccountRecipients = new("limits", "recipients_per_account", Types.Rate, "none", "Recipients that one account may send to; more are put off.") { Scope = SettingScope.Session };
    internal static readonly Setting<Rate?> PeerMessages = new("limits", "messages_per_peer", Types.Rate, "none", "Messages from one address, an IPv6 /64 counts as one; more are put off. Not for peers that may relay by their address.") { Scope = SettingScope.Session };
    internal static readonly Setting<Rate?> PeerRecipients = new("limits", "recipients_per_peer", Types.Rate, "none", "Recipients of messages from one address, likewise.") { Scope = SettingScope.Session };
    internal static readonly Setting<int> LoginFailures = new("limits", "login_failures", Types.Count, "3", "Wrong passwords after which a connection of IMAP or POP3 is closed. Each answer to one takes longer than the one before.") { Scope = SettingScope.Session };
    internal static readonly Setting<int> RefusalsBeforeDelay = new("limits", "refusals_before_delay", Types.Count, "10", "From the permanent refusal of this number on in a session, without a message that was taken between them, each is held back (Courier's TARPIT: 1). Not of users who logged in.") { Scope = SettingScope.Session };
    internal static readonly Setting<TimeSpan> RefusalDelay = new("limits", "refusal_delay", Types.Duration, "1s", "For how long at first; it doubles each time (Courier's TARPIT: 8s). `0s`: not at all.") { Scope = SettingScope.Session };
    internal static readonly Setting<TimeSpan> RefusalDelayMax = new("limits", "refusal_delay_max", Types.Duration, "16s", "For how long at most (Courier's TARPIT: 128s).") { Scope = SettingScope.Session };
    internal static readonly Setting<TimeSpan> CommandTimeout = new("limits", "command_timeout", Types.Duration, "5min", "How long a client may take to send its next command (Courier's esmtptimeout); RFC 5321 §4.5.3.2.7 asks for 5 minutes.") { Scope = SettingScope.Session };
    internal static readonly Setting<TimeSpan> DataTimeout = new("limits", "data_timeout", Types.Duration, "5min", "How long a client may be silent within a message (Courier's esmtptimeoutdata).") { Scope = SettingScope.Session };
    internal static readonly Setting<long> HeaderSize = new("limits", "header_size", Types.HeaderSize, "256KiB", "Longest header of a message (Courier's BOFHHEADERLIMIT).") { Scope = SettingScope.Session };
    internal static readonly Setting<int> HeaderFields = new("limits", "header_fields", Types.Count, "1000", "Fields of a header.") { Scope = SettingScope.Session };
    internal static readonly Setting<int> ReceivedFields = new("limits", "received_fields", Types.Count, "100", "Received fields of a message; with more it is going round in circles (RFC 5321 §6.3).") { Scope = SettingScope.Session };
    internal static readonly Setting<string> RecipientsBeyond = new("limits", "recipients_beyond", Types.Choice("later", "refused"), "later", "What more recipients than `recipients` are told: to come in a further message, or never (`hard` of Courier's maxrcpts).") { Scope = SettingScope.Session };

    internal static IReadOnlyList<Setting> All =>
    [
        MessageSize, Recipients, Connections, ConnectionsPerPeer, ConnectionsPerNetwork, FreeSpace, FreeFiles, AccountMessages,
        AccountRecipients, PeerMessages, PeerRecipients, LoginFailures, RefusalsBeforeDelay, RefusalDelay, RefusalDelayMax,
        CommandTimeout, DataTimeout, HeaderSize, HeaderFields, ReceivedFields, RecipientsBeyond,
    ];
}
