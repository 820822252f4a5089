using System.CommandLine;
using System.Globalization;
using Courier.Mailboxes.Upkeep;

namespace Courier.CommandLine;

/// <summary><c>courier mailbox list|stats|check|repair|…</c>: works beside the running server, on accounts or on any Maildir.</summary>
internal static class MailboxCommands
{
    internal static Command Create(CommonOptions common)
    {
        var mailbox = new Command("mailbox", "Look after mailboxes: check, repair, undelete, import, take over.");
        mailbox.Add(List(common));
        mailbox.Add(Stats(common));
        mailbox.Add(Check(common, repairs: false));
        mailbox.Add(Check(common, repairs: true));
        mailbox.Add(UndeleteCommands.Undelete(common));
        mailbox.Add(UndeleteCommands.Purge(common));
        mailbox.Add(ImportCommand.Create(common));
        mailbox.Add(AdoptCommands.Adopt(common));
        mailbox.Add(AdoptCommands.Names(common));
        return mailbox;
    }

    private static Command List(CommonOptions common) => new MailboxTarget(common).Create("list", "Print the mailboxes with their messages.", async (parsed, target, ct) =>
    {
        var subscribed = await target.Account.SubscriptionsAsync(ct);
        var forms = new List<MailboxForm>();
        foreach (var name in await target.MailboxesAsync(ct))
        {
            if (await target.Account.StatusAsync(name, ct) is not { } status)
                return await NoSuchMailboxAsync(parsed, name.Value);
            forms.Add(new MailboxForm(target.Label, name.Value, status.Messages, status.Unseen, subscribed.Contains(name)));
        }

        await target.Listing.AddAsync(forms, MailboxJson.Default.IReadOnlyListMailboxForm, form =>
            string.Create(CultureInfo.InvariantCulture, $"{form.Account}\t{form.Mailbox}\t{form.Messages} messages, {form.Unseen} unseen{(form.Subscribed ? ", subscribed" : "")}"));
        return ExitCode.Ok;
    });

    private static Command Stats(CommonOptions common) => new MailboxTarget(common).Create("stats", "Print what mailboxes hold and take.", async (parsed, target, ct) =>
    {
        var forms = new List<MailboxFiguresForm>();
        foreach (var name in await target.MailboxesAsync(ct))
        {
            if (await target.Account.Upkeep.FiguresAsync(name, ct) is not { } figures)
                return await NoSuchMailboxAsync(parsed, name.Value);
            forms.Add(new MailboxFiguresForm(
                target.Label, name.Value, figures.Messages, figures.Unseen, figures.Bytes, figures.UidValidity.Value, figures.UidNext.Value, figures.HighestModSeq.Value,
                figures.Keywords, figures.IndexBytes, figures.Expunged, figures.ExpungedBytes, figures.Staged));
        }

        await target.Listing.AddAsync(forms, MailboxJson.Default.IReadOnlyListMailboxFiguresForm, form => string.Create(CultureInfo.InvariantCulture,
            $"{form.Account}\t{form.Mailbox}\t{form.Messages} messages of {form.Bytes} octets, {form.Unseen} unseen; UIDVALIDITY {form.UidValidity}, UIDNEXT {form.UidNext}, HIGHESTMODSEQ {form.HighestModSeq}; {form.Keywords} keywords; index {form.IndexBytes} octets; {form.Expunged} expunged of {form.ExpungedBytes} octets; {form.Staged} staged"));
        return ExitCode.Ok;
    });

    /// <summary>Exits with 65 when something is wrong and was not mended.</summary>
    private static Command Check(CommonOptions common, bool repairs)
    {
        var deep = new Option<bool>("--deep") { Description = "Read every message, and hold its size on the wire against its name." };
        var check = new MailboxTarget(common).Create(
            repairs ? "repair" : "check", repairs ? "Check, and mend what is wrong." : "Look for damage in the lists of UIDs, the index, keywords, quota and names; change nothing.", async (parsed, target, ct) =>
            {
                var findings = new List<Finding>();
                foreach (var name in await target.MailboxesAsync(ct))
                {
                    if (await target.Account.Upkeep.CheckAsync(name, repairs, parsed.GetValue(deep), ct) is not { } found)
                        return await NoSuchMailboxAsync(parsed, name.Value);
                    findings.AddRange(found);
                }

                var forms = findings.Select(finding =>
                    new FindingForm(target.Label, finding.Mailbox.Value, finding.File, finding.Kind.ToString().ToLowerInvariant(), finding.Text, finding.Repaired)).ToList();
                await target.Listing.AddAsync(forms, MailboxJson.Default.IReadOnlyListFindingForm, form =>
                    $"{form.Account}\t{form.Mailbox}\t{form.File}\t{(form.Repaired ? "repaired" : form.Kind)}: {form.Text}");
                return findings.Exists(finding => finding is { Kind: FindingKind.Damage, Repaired: false }) ? ExitCode.DataError : ExitCode.Ok;
            });
        check.Add(deep);
        return check;
    }

    internal static Task<int> NoSuchMailboxAsync(ParseResult parsed, string name) => parsed.FailAsync(ExitCode.NoUser, $"no mailbox {name}");
}
