using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on IMAP.</summary>
internal static class ImapKeys
{
    internal static readonly Setting<string> FolderPrefix = new("imap", "folder_prefix", Types.Choice("INBOX.", "none"), "INBOX.", "What stands before the names of folders in IMAP: `INBOX.` as in Courier (INBOX.Sent), or `none` (Sent). The Maildir is the same either way; clients that were set up with the one look for their folders there.") { Scope = SettingScope.Session };
    internal static readonly Setting<int> MessageLimit = new("imap", "message_limit", Types.CountOrNone, "0", "Messages that one IMAP command may work on (RFC 9738, MESSAGELIMIT); `0`: all there are. Clients that do not know of such a limit see part of a mailbox only.") { Scope = SettingScope.Session };
    internal static readonly Setting<int> SaveLimit = new("imap", "save_limit", Types.CountOrNone, "0", "Messages that one COPY or APPEND may put into a mailbox (RFC 9738, SAVELIMIT); `0`: any number. Of no account where `message_limit` is set.") { Scope = SettingScope.Session };
    internal static readonly Setting<TimeSpan> ProgressInterval = new("imap", "progress_interval", Types.Duration, "10s", "How often a command that takes long tells its client how far it is (RFC 9585, INPROGRESS); `0s`: after each message.") { Scope = SettingScope.Session };
    internal static readonly Setting<string> Transcript = new("imap", "transcript", Types.FileName, null, "Name of a file: where an account's Maildir has one of that name, what its IMAP sessions say after the login is added to it, without messages and passwords, up to 16 MiB (Courier's IMAPDEBUGFILE). Default: none.") { Scope = SettingScope.Session };

    internal static IReadOnlyList<Setting> All => [FolderPrefix, MessageLimit, SaveLimit, ProgressInterval, Transcript];
}
