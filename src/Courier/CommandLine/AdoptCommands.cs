using System.CommandLine;
using System.Globalization;
using Courier.Mailboxes.Sharing;

namespace Courier.CommandLine;

/// <summary><c>courier mailbox adopt|names</c>: what another server left.</summary>
internal static class AdoptCommands
{
    internal static Command Adopt(CommonOptions common)
    {
        var share = new Option<string?>("--share-with") { Description = "That server goes on serving the account: from now on both give the same UIDs.", HelpName = "courier|dovecot" };
        share.AcceptOnlyFromAmong("courier", "dovecot");
        var finish = new Option<bool>("--finish") { Description = "The other server has stopped: take in its last UIDs; the account is ours alone from now on." };
        var adopt = new MailboxTarget(common).Create("adopt", "Take over UIDs, POP3 UIDLs, keywords and subscriptions of Courier or Dovecot now, rather than when a mailbox is first opened.", async (parsed, target, ct) =>
        {
            if (parsed.GetValue(finish) && parsed.GetValue(share) is not null)
                return await parsed.FailAsync(ExitCode.Usage, "--finish ends what --share-with begins");
            var upkeep = target.Account.Upkeep;
            var adopted = parsed.GetValue(finish) ? await upkeep.FinishAsync(ct)
                : parsed.GetValue(share) is { } server ? await upkeep.ShareAsync(Enum.Parse<OtherServer>(server, ignoreCase: true), ct)
                : await upkeep.AdoptAsync(ct);
            var forms = adopted.Select(mailbox => new AdoptedForm(target.Label, mailbox.Name.Value, mailbox.Messages, mailbox.UidValidity.Value, mailbox.UidNext.Value, mailbox.IsNew)).ToList();
            await target.Listing.AddAsync(forms, MailboxJson.Default.IReadOnlyListAdoptedForm, form => string.Create(CultureInfo.InvariantCulture,
                $"{form.Account}\t{form.Mailbox}\t{form.Messages} messages, UIDVALIDITY {form.UidValidity}, UIDNEXT {form.UidNext}{(form.New ? ", taken over now" : "")}"));
            return ExitCode.Ok;
        }, takesMailbox: false);
        adopt.Add(share);
        adopt.Add(finish);
        return adopt;
    }

    internal static Command Names(CommonOptions common)
    {
        var convert = new Option<bool>("--convert") { Description = "Rename them." };
        var names = new MailboxTarget(common).Create("names", "Print folders whose names are in modified UTF-7 (Dovecot, Courier before 1.0) and what they are in UTF-8.", async (parsed, target, ct) =>
        {
            if (parsed.GetValue(convert) && target.Account.Upkeep.SharedWith == OtherServer.Dovecot)
                return await parsed.FailAsync(ExitCode.Unavailable, "Dovecot still serves the account and would not find them; `courier mailbox adopt --finish` renames them");
            var folders = parsed.GetValue(convert) ? await target.Account.Upkeep.FolderNames.ConvertAsync(ct) : target.Account.Upkeep.FolderNames.Find();
            var forms = folders.Select(folder => new FolderNameForm(target.Label, folder.Directory, folder.Name.Value, parsed.GetValue(convert))).ToList();
            await target.Listing.AddAsync(forms, MailboxJson.Default.IReadOnlyListFolderNameForm, form => $"{form.Account}\t{form.Directory}\t{form.Mailbox}");
            return ExitCode.Ok;
        }, takesMailbox: false);
        names.Add(convert);
        return names;
    }
}
