using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Net;

namespace Courier.Smtp.Server;

/// <summary>What the session knows of the other side.</summary>
/// <param name="Connection">Addresses and TLS.</param>
/// <param name="HeloName">As given by EHLO, HELO or LHLO.</param>
/// <param name="IsExtended">EHLO or LHLO.</param>
/// <param name="User">Login name of an authenticated peer, or null.</param>
public sealed record SmtpPeer(Connection Connection, string HeloName, bool IsExtended, string? User);

/// <summary>BY: within what time a message is to be delivered (RFC 2852 §4.1.1).</summary>
/// <param name="Within">From when the command was given; may be past where it is not returned.</param>
/// <param name="IsReturned">R, else N.</param>
/// <param name="IsTraced">T.</param>
public sealed record DeliveryTime(TimeSpan Within, bool IsReturned, bool IsTraced);

/// <summary>The parameters of MAIL (RFC 5321 §4.1.1.2).</summary>
/// <param name="Sender">MAIL FROM.</param>
public sealed record MailParameters(ReversePath Sender)
{
    /// <summary>SIZE (RFC 1870), or null.</summary>
    public long? Size { get; init; }

    /// <summary>BODY=8BITMIME (RFC 6152), or BINARYMIME, which is that much once it is accepted.</summary>
    public bool Is8Bit { get; init; }

    /// <summary>BODY=BINARYMIME (RFC 3030 §3).</summary>
    internal bool IsBinary { get; init; }

    /// <summary>SMTPUTF8 (RFC 6531): addresses and header may hold more than ASCII.</summary>
    public bool IsUtf8 { get; init; }

    /// <summary>ENVID as given, in xtext (RFC 3461 §4.4), or null.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>RET.</summary>
    public ReturnContent Return { get; init; }

    /// <summary>REQUIRETLS (RFC 8689).</summary>
    public bool RequireTls { get; init; }

    /// <summary>SECURITY=STARTTLS (Courier's XSECURITY).</summary>
    public bool SecureOnly { get; init; }

    /// <summary>VERP (Courier's XVERP): each recipient's copy leaves under a return path that names the recipient.</summary>
    public bool IsVerp { get; init; }

    /// <summary>EXDATA (Courier's XEXDATA): the end of the message may be answered for each recipient.</summary>
    public bool WantsEachReply { get; init; }

    /// <summary>MT-PRIORITY (RFC 6710).</summary>
    public int Priority { get; init; }

    /// <summary>BY (RFC 2852), or null.</summary>
    public DeliveryTime? By { get; init; }

    /// <summary>HOLDFOR (RFC 4865), or null.</summary>
    public TimeSpan? HoldFor { get; init; }

    /// <summary>HOLDUNTIL (RFC 4865), or null.</summary>
    public DateTimeOffset? HoldUntil { get; init; }

    /// <summary>What the parameters ask for that not every listener offers.</summary>
    internal SmtpExtensions Uses { get; init; }
}

/// <summary>A recipient that got a positive reply.</summary>
/// <param name="Address">Where the message goes: as the reception has it.</param>
/// <param name="Notify">NOTIFY.</param>
/// <param name="OriginalRecipient">ORCPT as given, or null.</param>
public sealed record SmtpRecipient(MailAddress Address, NotifyOn Notify = NotifyOn.Default, string? OriginalRecipient = null)
{
    public override string ToString() => Address.ToString();
}

/// <summary>One message on its way in: from MAIL to end of data. RSET drops it.</summary>
public sealed class SmtpTransaction(SmtpPeer peer, MailParameters mail)
{
    public SmtpPeer Peer { get; } = peer;

    public MailParameters Mail { get; } = mail;

    /// <summary>Where a trusted peer says the message came from (XFORWARD), or null. For log and listings only.</summary>
    public string? ForwardedFrom { get; internal set; }

    /// <summary>Those that got a positive reply, in order.</summary>
    public List<SmtpRecipient> Recipients { get; } = [];
}
