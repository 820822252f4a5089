using Courier.Accounts;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mta.Reception.Access;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception.Senders;

/// <summary>Whether mail is taken under the names that it comes with: EHLO, the return path, and From for those who logged in. The null path
/// is always taken (RFC 5321 §4.5.5).</summary>
internal sealed class SenderPolicy
{
    private readonly SenderSettings _settings;
    private readonly IAccountDirectory _accounts;
    private readonly ILogger _logger;
    private readonly int _headerBytes;
    private readonly PeerNames? _names;
    private readonly DomainCheck? _domains;

    internal SenderPolicy(SenderSettings settings, IAccountDirectory accounts, int headerBytes, ILogger logger)
    {
        (_settings, _accounts, _headerBytes, _logger) = (settings, accounts, headerBytes, logger);
        if (settings.Resolver is not { } resolver)
            return;
        _names = new PeerNames(resolver);
        _domains = new DomainCheck(resolver, settings.RefusedExchangers);
    }

    /// <summary>Asked after MAIL.</summary>
    /// <param name="transaction">Its envelope.</param>
    /// <param name="entry">What the access list says of the peer; it goes before what is asked of all.</param>
    /// <param name="isFriend">The peer may relay: what is asked of hosts is not asked of it.</param>
    /// <param name="ct">Ends the look-ups.</param>
    /// <returns>Null where it may go on.</returns>
    internal async ValueTask<SmtpReply?> CheckSenderAsync(SmtpTransaction transaction, AccessEntry entry, bool isFriend, CancellationToken ct)
    {
        var refusal = await JudgeAsync(transaction, entry, isFriend, ct);
        if (refusal is not null)
            Log.SenderRefused(_logger, Intake.PeerOf(transaction), transaction.Mail.Sender.ToString(), transaction.Peer.HeloName, refusal.Text);
        return refusal;
    }

    /// <summary>Asked after the end of the message.</summary>
    internal async ValueTask<SmtpReply?> CheckMessageAsync(SmtpTransaction transaction, MessageBuffer message, CancellationToken ct)
    {
        if (transaction.Recipients.Find(recipient => IsTrap(recipient.Address)) is { } trap)
        {
            Log.SpamTrap(_logger, Intake.PeerOf(transaction), transaction.Mail.Sender.ToString(), trap.Address.ToString());
            return SenderReplies.Spam;
        }

        if (_settings.OwnOnly != OwnAddresses.Header || transaction.Peer.User is not { } user)
            return null;
        // A header that is too long to be looked at may say anything further down.
        foreach (var text in HeaderAddresses.Of(message, _headerBytes, "From", "Sender") ?? ["?"])
        {
            if (MailAddress.TryParse(text, out var address) && await IsOwnAsync(user, address!, ct))
                continue;
            Log.SenderRefused(_logger, Intake.PeerOf(transaction), text, transaction.Peer.HeloName, SenderReplies.HeaderNotYours.Text);
            return SenderReplies.HeaderNotYours;
        }

        return null;
    }

    /// <summary>Mail for it is taken, so as to be refused.</summary>
    internal bool IsTrap(MailAddress recipient) => _settings.SpamTraps.Matches(recipient);

    private async ValueTask<SmtpReply?> JudgeAsync(SmtpTransaction transaction, AccessEntry entry, bool isFriend, CancellationToken ct)
    {
        var peer = transaction.Peer;
        if (!isFriend && await CheckHeloAsync(peer, entry.Helo ?? _settings.Helo, ct) is { } mismatch)
            return mismatch;
        if (transaction.Mail.Sender.Address is not { } sender)
            return null;
        if (_settings.OwnOnly != OwnAddresses.Off && peer.User is { } user && !await IsOwnAsync(user, sender, ct))
            return SenderReplies.NotYours;
        if (_settings.Refused.Matches(sender))
            return SenderReplies.Refused;
        if (!isFriend && await IsForeignHostAsync(peer, sender.Domain, ct))
            return SenderReplies.NotFromOwnHost;
        // Our own domains need not be known to the name server that we ask.
        var mustExist = entry.ChecksDomain ?? _settings.ChecksDomain;
        return _domains is null || (!mustExist && _settings.RefusedExchangers.Count == 0) || await _accounts.IsLocalDomainAsync(sender.Domain, ct)
            ? null
            : await _domains.CheckAsync(sender.Domain, mustExist, ct);
    }

    private async ValueTask<SmtpReply?> CheckHeloAsync(SmtpPeer peer, HeloCheck check, CancellationToken ct)
    {
        if (check == HeloCheck.Off || _names is null)
            return null;
        return await _names.IsHeloOfAsync(peer.HeloName, peer.Connection.Remote.Address, ct) switch
        {
            NameAnswer.Yes => null,
            NameAnswer.Unknown => SenderReplies.HeloTrouble,
            _ => check == HeloCheck.Permanent ? SenderReplies.HeloMismatch : SenderReplies.HeloMismatchForNow,
        };
    }

    /// <summary>What cannot be looked up now speaks for the peer, as in Courier: nobody's mail is to depend on the name service of his provider.</summary>
    private async ValueTask<bool> IsForeignHostAsync(SmtpPeer peer, string domain, CancellationToken ct) =>
        _names is not null && _settings.FreeMail.TryGetValue(domain, out var others)
        && await _names.IsHostOfAsync(peer.Connection.Remote.Address, [domain, .. others], ct) == NameAnswer.No;

    /// <summary>The account's own address, one that leads to it, or one that the operator gave to it.</summary>
    private async ValueTask<bool> IsOwnAsync(string user, MailAddress address, CancellationToken ct)
    {
        var key = user.ToLowerInvariant();
        return address.Key == key
            || (_settings.MayUse.TryGetValue(key, out var given) && given.Matches(address))
            || (await _accounts.FindAsync(address, ct))?.Address.Key == key;
    }
}
