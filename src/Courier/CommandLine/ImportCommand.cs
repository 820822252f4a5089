using System.CommandLine;
using System.Globalization;
using Courier.Mailboxes.Names;
using Courier.Mailboxes.Upkeep;

namespace Courier.CommandLine;

/// <summary><c>courier mailbox import</c>: an mbox, a directory of them, or another Maildir.</summary>
internal static class ImportCommand
{
    internal static Command Create(CommonOptions common)
    {
        var source = new Option<string>("--from") { Description = "An mbox, a directory of mboxes, or a Maildir (of Dovecot, Courier or ours).", Required = true, HelpName = "PATH" };
        var quoting = new Option<string>("--quoting") { Description = "How the mbox keeps `From ` lines of text apart: detect, none (mboxcl2), from (mboxo) or all (mboxrd).", DefaultValueFactory = _ => "detect" };
        quoting.AcceptOnlyFromAmong("detect", "none", "from", "all");
        var utf8 = new Option<bool>("--utf8-names") { Description = "Names of folders are UTF-8, also where they look like modified UTF-7." };
        var unlocked = new Option<bool>("--no-lock") { Description = "Do not lock an mbox that nobody else uses." };
        var import = new MailboxTarget(common).Create("import", "Bring mail in. Run it again after an interruption: nothing comes twice.", async (parsed, target, ct) =>
        {
            var forms = new List<ImportedForm>();
            var settings = new ImportSettings
            {
                Target = target.Only ?? MailboxName.Inbox,
                Quoting = Enum.Parse<FromQuoting>(parsed.GetValue(quoting)!, ignoreCase: true),
                HasOldNames = !parsed.GetValue(utf8),
                Locks = !parsed.GetValue(unlocked),
            };
            await target.Account.Upkeep.Import(settings).RunAsync(parsed.GetRequiredValue(source), done =>
                forms.Add(new ImportedForm(target.Label, done.Mailbox.Value, done.Source, done.Messages, done.Known, done.KeptUids)), ct);
            await target.Listing.AddAsync(forms, MailboxJson.Default.IReadOnlyListImportedForm, form => string.Create(CultureInfo.InvariantCulture,
                $"{form.Mailbox}\t{form.Imported} imported, {form.Known} known from before{(form.KeptUids ? ", with the UIDs that they had" : "")}\t{form.Source}"));
            return ExitCode.Ok;
        }, takesAll: false);
        foreach (var option in (Option[])[source, quoting, utf8, unlocked])
            import.Add(option);
        return import;
    }
}
