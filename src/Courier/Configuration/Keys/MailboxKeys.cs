using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on Maildirs and their indexes.</summary>
internal static class MailboxKeys
{
    internal static readonly Setting<string> ShareWith = new("mailboxes", "share_with", Types.Choice("none", "courier", "dovecot"), "none", "The server that goes on serving the accounts beside this one: both give the same UIDs. `courier mailbox adopt` says otherwise for one account.");
    internal static readonly Setting<TimeSpan> KeepExpunged = new("mailboxes", "keep_expunged", Types.Duration, "7d", "How long an expunged message or a deleted mailbox can be had back with `courier mailbox undelete`.");
    internal static readonly Setting<bool> TextIndex = new("mailboxes", "text_index", Types.YesNo, "yes", "Keep a full text index of mailboxes (about a tenth of the mail), so that SEARCH need not read every message. An account may say otherwise in `courier/textindex` of its Maildir: `yes` or `no`.");

    internal static IReadOnlyList<Setting> All => [ShareWith, KeepExpunged, TextIndex];
}
