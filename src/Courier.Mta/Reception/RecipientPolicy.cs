using Courier.Accounts;
using Courier.Mail.Addresses;
using Courier.Queue;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception;

/// <summary>To whom a peer may send: to everybody who has an account here, and to the rest of the world only if it may relay.</summary>
internal sealed class RecipientPolicy(ReceptionSettings settings, IAccountDirectory accounts, RecipientVerdicts verdicts, ILogger logger)
{
    /// <returns>The address to keep is the account's own spelling, so that two spellings of one recipient become one copy.</returns>
    internal async ValueTask<(SmtpReply Reply, MailAddress? Address)> AdmitAsync(
        SmtpTransaction transaction, MailAddress? recipient, bool mayRelay, MessageSource source, CancellationToken ct)
    {
        var (reply, address) = recipient is null ? await PostmasterAsync(ct) : await AdmitAsync(transaction, recipient, mayRelay, ct);
        if (address is not null && settings.Trouble.Find(address, source) is { } trouble)
            (reply, address) = (trouble.IsPermanent ? ReceptionReplies.FailedLately : ReceptionReplies.WaitsAlready, null);
        if (address is null)
        {
            Log.RecipientRefused(logger, transaction.Peer.Connection.Remote.Address.ToString(), recipient?.ToString() ?? "Postmaster",
                transaction.Mail.Sender.ToString(), reply.Text);
        }

        return (reply, address);
    }

    private async ValueTask<(SmtpReply, MailAddress?)> AdmitAsync(SmtpTransaction transaction, MailAddress given, bool mayRelay, CancellationToken ct)
    {
        var peer = transaction.Peer;
        var isStranger = !mayRelay;
        var recipient = settings.Access.Complete(peer, given);
        var isLocal = await accounts.IsLocalDomainAsync(recipient.Domain, ct);
        if (isLocal && settings.Access.BehindPercent(recipient) is { } behind)
        {
            (recipient, mayRelay) = (behind, true);
            isLocal = await accounts.IsLocalDomainAsync(recipient.Domain, ct);
        }

        if (!isLocal && !mayRelay && !settings.Access.TakesMailFor(recipient.Domain))
            return (ReceptionReplies.RelayDenied, null);
        // Before it is looked for: whoever is blocked does not learn who exists.
        if (settings.Access.RefusalOf(peer) is { } refusal)
            return (refusal, null);
        if (isStranger && await settings.Access.ListedAsync(peer.Connection, ct) is { IsRefused: true } verdict)
            return (ReceptionReplies.Listed(verdict.Text), null);
        if (!isLocal)
            return (ReceptionReplies.RecipientOk, recipient);
        if (await accounts.FindAsync(recipient, ct) is { } account)
            return verdicts.RefusalOf(account, transaction.Mail.Size ?? 1) is { } full ? (full, null) : (ReceptionReplies.RecipientOk, account.Address);
        return recipient.LocalPart.Equals("postmaster", StringComparison.OrdinalIgnoreCase)
            ? await PostmasterAsync(ct)
            : (ReceptionReplies.UnknownUser, null);
    }

    /// <summary>RFC 5321 §4.5.1. The operator may have named somebody elsewhere; that is no relaying for strangers.</summary>
    private async ValueTask<(SmtpReply, MailAddress?)> PostmasterAsync(CancellationToken ct)
    {
        if (settings.Postmaster is not { } postmaster)
            return (ReceptionReplies.UnknownUser, null);
        if (!await accounts.IsLocalDomainAsync(postmaster.Domain, ct))
            return (ReceptionReplies.RecipientOk, postmaster);
        return await accounts.FindAsync(postmaster, ct) is { } account
            ? (ReceptionReplies.RecipientOk, account.Address)
            : (ReceptionReplies.UnknownUser, null);
    }
}
