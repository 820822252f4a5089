using Courier.Mail.Addresses;
using Courier.Mail.Reports;

namespace Courier.Mta.Bounces;

/// <summary>How much of a message a report may carry, what it says, and who hears of reports that fail.</summary>
public sealed record BounceLimits
{
    /// <summary>Returned header; longer ones are cut after a whole line.</summary>
    /// <remarks>Far above what mail carries; the header of a mailing loop is what it guards against.</remarks>
    public int HeaderBytes { get; init; } = 64 * 1024;

    /// <summary>A whole message is returned (RET=FULL) up to this size; of larger ones the header.</summary>
    /// <remarks>RFC 3461 §4.3 leaves the limit to us; a report should not be what fills the sender's mailbox.</remarks>
    public int FullBytes { get; init; } = 1024 * 1024;

    /// <summary>Our words or a server's reply, in one report line; longer ones are cut.</summary>
    /// <remarks>RFC 5321 §4.5.3.1.5: a reply line has 512 octets; several lines are joined.</remarks>
    public int DiagnosticCharacters { get; init; } = 1000;

    /// <summary>Gets what cannot be reported to a sender; null drops it.</summary>
    public MailAddress? Postmaster { get; init; }

    /// <summary>The operator's words.</summary>
    public ReportWords Words { get; init; } = new();
}
