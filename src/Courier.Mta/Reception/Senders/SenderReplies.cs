using Courier.Smtp.Replies;

namespace Courier.Mta.Reception.Senders;

/// <summary>The replies to those whose name is not good enough, each with its code of RFC 3463 and RFC 7372.</summary>
public static class SenderReplies
{
    /// <summary>MAIL: the operator does not want mail from this address.</summary>
    public static SmtpReply Refused { get; } = new(550, new(5, 7, 1), "Mail from this sender is not wanted");

    /// <summary>MAIL: the sender's domain has no mail exchanger and no address, so that nothing could be answered to it.</summary>
    public static SmtpReply UnknownDomain { get; } = new(550, new(5, 1, 8), "The sender's domain takes no mail: it has neither MX nor address");

    /// <summary>MAIL: the sender's domain says that it takes no mail (RFC 7505 §4.2).</summary>
    public static SmtpReply NullExchanger { get; } = new(550, new(5, 7, 27), "The sender's domain has a null MX");

    /// <summary>MAIL: the sender's domain cannot be looked up now.</summary>
    public static SmtpReply DomainTrouble { get; } = new(451, new(4, 4, 3), "The sender's domain cannot be looked up now, try again later");

    /// <summary>MAIL: a server of the sender's domain is one whose mail is not wanted.</summary>
    public static SmtpReply RefusedExchanger { get; } = new(550, new(5, 7, 1), "Mail from the servers of the sender's domain is not wanted");

    /// <summary>MAIL: the sender's domain sends from hosts of its own, and the peer is none of them.</summary>
    public static SmtpReply NotFromOwnHost { get; } = new(550, new(5, 7, 1), "Mail of this domain is taken from its own hosts only");

    /// <summary>MAIL: the name in EHLO does not lead to the peer's address.</summary>
    public static SmtpReply HeloMismatch { get; } = new(550, new(5, 7, 1), "Your EHLO name does not lead to your address");

    /// <summary>MAIL: likewise, for now.</summary>
    public static SmtpReply HeloMismatchForNow { get; } = new(450, new(4, 7, 1), "Your EHLO name does not lead to your address");

    /// <summary>MAIL: the name in EHLO cannot be looked up now.</summary>
    public static SmtpReply HeloTrouble { get; } = new(451, new(4, 4, 3), "Your EHLO name cannot be looked up now, try again later");

    /// <summary>MAIL: the address is not one of whom logged in (RFC 6409 §6.1).</summary>
    public static SmtpReply NotYours { get; } = new(550, new(5, 7, 1), "You may send under your own addresses only");

    /// <summary>End of data: From or Sender name somebody else than whom logged in (RFC 6409 §6.1).</summary>
    public static SmtpReply HeaderNotYours { get; } = new(550, new(5, 7, 1), "From and Sender may name your own addresses only");

    /// <summary>End of data: one of the recipients is a spam trap.</summary>
    public static SmtpReply Spam { get; } = new(550, new(5, 7, 1), "Spam refused");
}
