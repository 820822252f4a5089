using Courier.MailAuth.DnsLists;

namespace Courier.Mta.Reception.Access;

/// <summary>Who may connect and relay.</summary>
/// <param name="HostName">Ours: what a star in a list of domains stands for.</param>
public sealed record AccessSettings(string HostName)
{
    /// <summary>Courier's <c>smtpaccess</c>, a file or a directory; null: none.</summary>
    public string? List { get; init; }

    /// <summary>What the configuration itself says; of two for the same network this counts.</summary>
    public IReadOnlyList<AccessRule> Rules { get; init; } = [];

    /// <summary>Domains of others whose mail is taken from anybody: as a backup server does, or a gateway.</summary>
    public DomainSet Domains { get; init; } = DomainSet.None;

    /// <summary>Courier's <c>esmtpacceptmailfor</c>, with <c>.dir</c> beside it; null: none.</summary>
    public string? DomainList { get; init; }

    /// <summary>Domains to which <c>user%domain@ours</c> is sent on.</summary>
    public DomainSet PercentDomains { get; init; } = DomainSet.None;

    /// <summary>Courier's <c>esmtppercentrelay</c>, with <c>.dir</c> beside it; null: none.</summary>
    public string? PercentList { get; init; }

    /// <summary>Lists in the DNS; null: none.</summary>
    public DnsListLookup? Lists { get; init; }

    /// <summary>Whom the lists refuse is sent away before the greeting, and not only at each recipient.</summary>
    public bool DropsListed { get; init; }

    /// <summary>Everybody must log in, of whom the lists do not say otherwise.</summary>
    public bool LoginRequired { get; init; }

    /// <summary>Everybody must begin TLS, of whom the lists do not say otherwise.</summary>
    public bool TlsRequired { get; init; }

    /// <summary>How long strangers must be silent before the greeting.</summary>
    public TimeSpan GreetingDelay { get; init; }
}
