using System.Net;
using Courier.IO.Platform;
using Courier.Mail.Addresses;
using Courier.Mta.Reception.Access;
using Courier.Mta.Reception.Bodies;
using Courier.Mta.Reception.Greylisting;
using Courier.Mta.Reception.Headers;
using Courier.Mta.Reception.Rates;
using Courier.Mta.Reception.Senders;
using Courier.Queue.Scheduling;
using Courier.Smtp.Replies;

namespace Courier.Mta.Reception;

/// <summary>What is taken in, from whom, and where it lies meanwhile.</summary>
/// <param name="HostName">Our name in Received and in Message-ID.</param>
/// <param name="SpoolDirectory">Where messages too large for memory are written while they arrive: on the spool's file system, so that
/// they can be handed over by their name.</param>
public sealed record ReceptionSettings(string HostName, string SpoolDirectory)
{
    /// <summary>Peers that may send to other domains without a login.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>Who may connect and relay beside those.</summary>
    public AccessPolicy Access { get; init; } = AccessPolicy.Open;

    /// <summary>How much may come from whom.</summary>
    public RatePolicy Rates { get; init; } = RatePolicy.Unlimited;

    /// <summary>Puts strangers off; null: none.</summary>
    public Greylist? Greylist { get; init; }

    /// <summary>Who gets the mail of <c>&lt;Postmaster&gt;</c>, and of <c>postmaster@</c> in each of our domains that has no such
    /// account. RFC 5321 §4.5.1 asks every server to take that mail: without this, and without the account, it is refused.</summary>
    public MailAddress? Postmaster { get; init; }

    /// <summary>The address of ours whose settings these are, where it is a virtual host: the queue keeps it with each message.</summary>
    public IPAddress? VirtualHost { get; init; }

    /// <summary>While the spool's file system has less room, messages are asked to come later (452 4.3.1).</summary>
    /// <remarks>Room for what has been accepted to be delivered, and for logs and indexes to be written.</remarks>
    public FileSystemRoom FreeMin { get; init; } = new(256L << 20, 1000);

    /// <summary>Mail for a mailbox over its quota is refused; else it is asked to come later.</summary>
    public bool RefusesOverQuota { get; init; }

    /// <summary>Makes what waits for a domain due now, and says how many recipients that are; null where there is no queue.</summary>
    public Func<string, CancellationToken, ValueTask<int>>? Flush { get; init; }

    /// <summary>Addresses whose mail failed or waits: more is refused, or asked to come later.</summary>
    public TroubledRecipients Trouble { get; init; } = TroubledRecipients.None;

    /// <summary>Whose mail is refused for the name it comes under.</summary>
    public SenderSettings Senders { get; init; } = new();

    /// <summary>What is made good in a message that its program left incomplete.</summary>
    public HeaderSettings Headers { get; init; } = new();

    /// <summary>What is done to the encoding of its parts, where the access list says nothing else of the peer.</summary>
    public BodyChanges Body { get; init; }

    /// <summary>Who hears the truth from VRFY.</summary>
    public Audience Verify { get; init; }

    /// <summary>Who hears it from EXPN.</summary>
    public Audience Expand { get; init; }

    public ReceptionLimits Limits { get; init; } = new();
}

/// <summary>Limits of one message at its reception.</summary>
public sealed record ReceptionLimits
{
    /// <summary>Bytes of a message that stay in memory; the rest goes to a file.</summary>
    /// <remarks>Most mail is under 100 KB; a thousand such messages at once are 128 MB.</remarks>
    public int MessageMemoryBytes { get; init; } = 128 << 10;

    /// <summary>Received fields that a message may have: with more it is going round in circles.</summary>
    /// <remarks>RFC 5321 §6.3: "normally at least 100".</remarks>
    public int ReceivedFields { get; init; } = 100;

    /// <summary>Longest header; no message is looked at further.</summary>
    /// <remarks>A hundred Received fields with signatures are some 100 KB.</remarks>
    public int HeaderBytes { get; init; } = 256 << 10;

    /// <summary>Fields of a header.</summary>
    /// <remarks>Ten times what mail has that went through several lists.</remarks>
    public int HeaderFields { get; init; } = 1000;

    /// <summary>What is said to a header that is longer, or null.</summary>
    internal SmtpReply? Refuse(HeaderSummary header) =>
        !header.IsWhole ? ReceptionReplies.HeaderTooLarge : header.Fields > HeaderFields ? ReceptionReplies.TooManyFields : null;
}
