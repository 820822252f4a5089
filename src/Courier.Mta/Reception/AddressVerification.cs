using Courier.Accounts;
using Courier.Mail.Addresses;
using Courier.Mta.Reception.Access;
using Courier.Smtp.Replies;

namespace Courier.Mta.Reception;

/// <summary>To whom something is told.</summary>
public enum Audience
{
    Nobody,

    /// <summary>Those who logged in, and peers that may relay.</summary>
    Friends,

    Everybody,
}

/// <summary>VRFY and EXPN (RFC 5321 §3.5). The truth about who exists is for those whom the operator trusts with it; the others get the same
/// answer for every address (§7.3).</summary>
internal sealed class AddressVerification(ReceptionSettings settings, IAccountDirectory accounts)
{
    internal async ValueTask<SmtpReply> AnswerAsync(MailAddress address, bool expands, AccessEntry entry, bool isFriend, CancellationToken ct)
    {
        var audience = entry.Told(expands) ?? (expands ? settings.Expand : settings.Verify);
        if (audience == Audience.Nobody || (audience == Audience.Friends && !isFriend))
            return expands ? Reply.NotImplemented : Reply.CannotVerify;
        if (!await accounts.IsLocalDomainAsync(address.Domain, ct))
            return Reply.CannotVerify;
        if (await accounts.FindAsync(address, ct) is { } account)
            return ReceptionReplies.Verified(account.Address);
        return settings.Postmaster is { } postmaster && address.LocalPart.Equals("postmaster", StringComparison.OrdinalIgnoreCase)
            ? ReceptionReplies.Verified(postmaster)
            : ReceptionReplies.UnknownUser;
    }
}
