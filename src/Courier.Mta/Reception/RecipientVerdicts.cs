using Courier.Accounts;
using Courier.Mail.Addresses;
using Courier.Mailboxes.Delivery;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;

namespace Courier.Mta.Reception;

/// <summary>What our own mailboxes say to a message, each for itself: at RCPT by the size that was announced, at its end by its real one. Delivery asks the
/// same again, so what is queued all the same ends in a report.</summary>
internal sealed class RecipientVerdicts(ReceptionSettings settings, IAccountDirectory accounts, TimeProvider clock)
{
    /// <returns>Null where there is room, or none can tell now: then delivery asks again.</returns>
    internal SmtpReply? RefusalOf(Account account, long octets)
    {
        try
        {
            return MailboxRoom.IsFor(account.Maildir, octets, clock) ? null : settings.RefusesOverQuota ? ReceptionReplies.MailboxFullForGood : ReceptionReplies.MailboxFull;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>For each recipient in order; null for who can have the message.</summary>
    internal async ValueTask<SmtpReply?[]> OfAsync(List<SmtpRecipient> recipients, long octets, CancellationToken ct)
    {
        var refusals = new SmtpReply?[recipients.Count];
        for (var i = 0; i < refusals.Length; i++)
            refusals[i] = await RefusalOfAsync(recipients[i].Address, octets, ct);
        return refusals;
    }

    private async ValueTask<SmtpReply?> RefusalOfAsync(MailAddress recipient, long octets, CancellationToken ct)
    {
        if (!await accounts.IsLocalDomainAsync(recipient.Domain, ct))
            return null;
        // Gone since RCPT.
        return await accounts.FindAsync(recipient, ct) is { } account ? RefusalOf(account, octets) : ReceptionReplies.UnknownUser;
    }

    /// <summary>What one reply says for all where nobody can have it: as long as one of them may have it later, the whole may.</summary>
    internal static SmtpReply Together(SmtpReply?[] refusals) => refusals.FirstOrDefault(static refusal => refusal!.IsTransient) ?? refusals[0]!;
}
