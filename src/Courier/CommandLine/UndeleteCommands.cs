using System.CommandLine;
using System.Globalization;
using Courier.Configuration;
using Courier.Mailboxes.Upkeep;

namespace Courier.CommandLine;

/// <summary><c>courier mailbox undelete|purge</c>: what was expunged or deleted, back or gone for good.</summary>
internal static class UndeleteCommands
{
    internal static Command Undelete(CommonOptions common)
    {
        var list = new Option<bool>("--list") { Description = "Print what can be had back; change nothing." };
        var since = new Option<string?>("--since") { Description = "Only what was expunged since: a time as 2026-11-21T10:00Z, or a duration as 2h.", HelpName = "TIME" };
        var before = new Option<string?>("--before") { Description = "Only what was expunged before that.", HelpName = "TIME" };
        var messages = new Option<string[]>("--message") { Description = "Only the message of that file name, as --list prints it. May be repeated.", HelpName = "FILE" };
        var target = new MailboxTarget(common);
        var undelete = target.Create("undelete", "Put expunged messages back where they were, or a deleted mailbox.", async (parsed, account, ct) =>
        {
            if (TimeOf(parsed.GetValue(since)) is not { } from || TimeOf(parsed.GetValue(before) ?? "9999-12-31") is not { } to)
                return await parsed.FailAsync(ExitCode.Usage, "a time is 2026-11-21T10:00Z or a duration as 2h");
            var upkeep = account.Account.Upkeep;
            var files = parsed.GetValue(messages) ?? [];
            var deleted = upkeep.DeletedMailboxes().Where(mailbox => mailbox.Deleted >= from && mailbox.Deleted < to && (account.Only is null || mailbox.Name == account.Only)).ToList();
            var found = new List<ExpungedMessage>();
            foreach (var name in await account.MailboxesAsync(ct))
                found.AddRange((upkeep.Expunged(name) ?? []).Where(message => message.Expunged >= from && message.Expunged < to && (files.Length == 0 || files.Contains(message.File, StringComparer.Ordinal))));
            if (parsed.GetValue(list))
                return await PrintAsync(account, found, deleted);
            if (account.Only is null && files.Length == 0 && parsed.GetValue(since) is null && parsed.GetValue(before) is null)
                return await parsed.FailAsync(ExitCode.Usage, "say what to put back: --mailbox, --since, --before or --message; --list prints what there is");
            return await RestoreAsync(parsed, account, found, deleted, ct);
        }, takesAll: false);
        foreach (var option in (Option[])[list, since, before, messages])
            undelete.Add(option);
        return undelete;
    }

    internal static Command Purge(CommonOptions common)
    {
        var keep = new Option<string?>("--older-than") { Description = "Keep what was expunged later than that (default: [mailboxes] keep_expunged).", HelpName = "DURATION" };
        var purge = new MailboxTarget(common).Create("purge", "Remove for good what was expunged long enough ago. The server does so itself where a mailbox is in use.", async (parsed, account, ct) =>
        {
            var age = account.Settings.KeepExpunged;
            if (parsed.GetValue(keep) is { } text && !SettingTypes.Duration.TryParse(text, out age))
                return await parsed.FailAsync(ExitCode.Usage, $"{text} is no duration");
            await account.Account.Upkeep.PurgeAsync(age, ct);
            return ExitCode.Ok;
        }, takesMailbox: false, lists: false);
        purge.Add(keep);
        return purge;
    }

    private static async Task<int> RestoreAsync(
        ParseResult parsed, MailboxTarget.Target account, List<ExpungedMessage> messages, List<DeletedMailbox> deleted, CancellationToken ct)
    {
        var output = parsed.InvocationConfiguration.Output;
        var restored = 0;
        // The last one deleted under a name: those before it stay where they are.
        if (account.Only is { } name && !account.Account.Exists(name) && deleted.LastOrDefault() is { } mailbox)
        {
            if (!await account.Account.Upkeep.RestoreAsync(mailbox, name, ct))
                return await parsed.FailAsync(ExitCode.CannotCreate, $"{name} exists");
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{name} is back with {mailbox.Messages} messages."));
            return ExitCode.Ok;
        }

        foreach (var group in messages.GroupBy(message => message.Mailbox))
            restored += await account.Account.Upkeep.RestoreAsync(group.Key, [.. group], ct);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{restored} messages are back."));
        return restored > 0 ? ExitCode.Ok : ExitCode.NoUser;
    }

    private static async Task<int> PrintAsync(MailboxTarget.Target account, List<ExpungedMessage> messages, List<DeletedMailbox> deleted)
    {
        var forms = messages.Select(message => new ExpungedForm(account.Label, message.Mailbox.Value, message.File, message.Expunged, message.Bytes, 1))
            .Concat(deleted.Select(mailbox => new ExpungedForm(account.Label, mailbox.Name?.Value ?? Path.GetFileName(mailbox.Directory), null, mailbox.Deleted, 0, mailbox.Messages))).ToList();
        await account.Listing.AddAsync(forms, MailboxJson.Default.IReadOnlyListExpungedForm, form => string.Create(CultureInfo.InvariantCulture,
            $"{form.Expunged:yyyy-MM-dd'T'HH:mm:ss'Z'}\t{form.Mailbox}\t{form.File ?? $"the mailbox, {form.Messages} messages"}{(form.File is null ? "" : $"\t{form.Bytes}")}"));
        return ExitCode.Ok;
    }

    private static DateTimeOffset? TimeOf(string? text)
    {
        if (text is null)
            return DateTimeOffset.MinValue;
        if (SettingTypes.Duration.TryParse(text, out var age))
            return TimeProvider.System.GetUtcNow() - age;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }
}
