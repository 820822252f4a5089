using System.Globalization;
using Courier.Mail.Addresses;
using Courier.Queue;
using Courier.Smtp.Replies;

namespace Courier.Mta.Reception;

/// <summary>The replies of policy, each with its code of RFC 3463. Public text is generic: what the operator needs is in the log.</summary>
public static class ReceptionReplies
{
    /// <summary>MAIL was taken.</summary>
    public static SmtpReply SenderOk { get; } = new(250, new(2, 1, 0), "Sender OK");

    /// <summary>MAIL was taken, without the priority that a stranger asked for (RFC 6710 §5).</summary>
    public static SmtpReply PriorityLowered { get; } = new(250, new(2, 3, 6), "Sender OK, priority is 0");

    /// <summary>ETRN: nothing waits for that domain.</summary>
    public static SmtpReply NothingWaits { get; } = new(251, new(2, 0, 0), "OK, no messages waiting");

    /// <summary>ETRN for what is no domain name.</summary>
    public static SmtpReply CannotFlush { get; } = new(458, new(4, 5, 4), "Unable to queue messages for that node");

    /// <summary>ETRN of a peer that may not relay.</summary>
    public static SmtpReply FlushDenied { get; } = new(459, new(4, 7, 0), "Not allowed to start the queue");

    /// <summary>RCPT was taken.</summary>
    public static SmtpReply RecipientOk { get; } = new(250, new(2, 1, 5), "Recipient OK");

    /// <summary>The disk is nearly full, or the message would fill it.</summary>
    public static SmtpReply NoSpace { get; } = new(452, new(4, 3, 1), "Insufficient system storage, try again later");

    /// <summary>A message was handed in without a login.</summary>
    public static SmtpReply LoginNeeded { get; } = new(530, new(5, 7, 0), "Authentication required");

    /// <summary>The domain is ours, the name is nobody's.</summary>
    public static SmtpReply UnknownUser { get; } = new(550, new(5, 1, 1), "No such user here");

    /// <summary>RCPT and the end of the message: the recipient's quota leaves no room for it, and such mail is to come later.</summary>
    public static SmtpReply MailboxFull { get; } = new(452, new(4, 2, 2), "Mailbox is full, try again later");

    /// <summary>The same where such mail is refused.</summary>
    public static SmtpReply MailboxFullForGood { get; } = new(552, new(5, 2, 2), "Mailbox is full");

    /// <summary>Mail for this address failed a short while ago.</summary>
    public static SmtpReply FailedLately { get; } = new(550, new(5, 1, 1), "Mail for this address could not be delivered a short while ago");

    /// <summary>Mail for this address waits already.</summary>
    public static SmtpReply WaitsAlready { get; } = new(450, new(4, 2, 0), "Mail for this address is waiting already, try again later");

    /// <summary>The domain is not ours, and the peer may not send there through us.</summary>
    public static SmtpReply RelayDenied { get; } = new(550, new(5, 7, 1), "Relaying denied");

    /// <summary>The peer may not connect; the connection is closed.</summary>
    public static SmtpReply AccessDenied { get; } = new(554, new(5, 7, 1), "Access denied");

    /// <summary>More connections than one listener, address or network may have; the connection is closed.</summary>
    public static SmtpReply TooManyConnections { get; } = new(421, new(4, 7, 0), "Too many connections, try again later");

    /// <summary>MAIL and RCPT: the account or the peer has sent as much as it may for now.</summary>
    public static SmtpReply TooMuchMail { get; } = new(450, new(4, 7, 1), "Too much mail, try again later");

    /// <summary>RCPT: the peer, the sender and the recipient were not seen together before (RFC 6647).</summary>
    public static SmtpReply Greylisted { get; } = new(451, new(4, 7, 1), "Greylisted, try again in a few minutes");

    /// <summary>The header is longer than allowed, or has no end within that.</summary>
    public static SmtpReply HeaderTooLarge { get; } = new(552, new(5, 3, 4), "Header is too large");

    /// <summary>The header has more fields than allowed.</summary>
    public static SmtpReply TooManyFields { get; } = new(554, new(5, 6, 0), "Header has too many fields");

    /// <summary>The message has come round too often.</summary>
    public static SmtpReply Loop { get; } = new(554, new(5, 4, 6), "Too many hops, this message is going round in circles");

    /// <summary>LMTP: the message is in the recipient's mailbox.</summary>
    public static SmtpReply Delivered { get; } = new(250, new(2, 1, 5), "Delivered");

    /// <summary>The message is ours now. The id is what the log and the queue call it.</summary>
    public static SmtpReply Accepted(QueueId id) => new(250, new(2, 0, 0), $"Accepted as {id}");

    /// <summary>RCPT of a peer that the access list blocks, in the operator's words. A code of 4xx or 5xx in front of them is taken over.</summary>
    public static SmtpReply Blocked(string text) =>
        text.Length > 3 && text[3] is ' ' or '-' && int.TryParse(text.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 400 and < 600
            ? new(code, new(code / 100, 7, 1), text[4..].Trim())
            : new(554, new(5, 7, 1), text);
    /// <summary>VRFY and EXPN: mail for the address goes there.</summary>
    public static SmtpReply Verified(MailAddress address) => new(250, new(2, 1, 5), $"<{address}>");

    /// <summary>RCPT, or instead of the greeting: a DNS list has the peer, in the list's words.</summary>
    public static SmtpReply Listed(string text) => new(554, new(5, 7, 1), text);

    /// <summary>ETRN: what waits for a domain is tried now.</summary>
    public static SmtpReply Flushed(int messages, string domain) => new(253, new(2, 0, 0), $"OK, {messages} pending messages for {domain} started");

    /// <summary>LMTP: the recipient's copy could not be put into the mailbox now.</summary>
    public static SmtpReply Deferred(EnhancedStatus status) => new(status is { Subject: 2, Detail: 2 } ? 452 : 451, status, "Cannot be delivered now, try again later");

    /// <summary>LMTP: the recipient's copy will never be put into the mailbox.</summary>
    public static SmtpReply Undeliverable(EnhancedStatus status) => new(status is { Subject: 2, Detail: 2 } ? 552 : 550, status, "Cannot be delivered");
}
