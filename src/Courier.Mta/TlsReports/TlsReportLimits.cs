namespace Courier.Mta.TlsReports;

/// <summary>How much is kept and sent of TLS results.</summary>
public sealed record TlsReportLimits
{
    /// <summary>Domains of one day; of more, nothing is counted.</summary>
    public int Domains { get; init; } = 10_000;

    /// <summary>Different policies of one domain, and different failures of one policy; further ones are counted in the sums only.</summary>
    public int Details { get; init; } = 100;

    /// <summary>Addresses that a domain names for its reports; the others are ignored.</summary>
    /// <remarks>RFC 8460 §3 names no limit, RFC 7489 has two for the same purpose.</remarks>
    public int Addresses { get; init; } = 4;

    /// <summary>How often the counts are written to the disk: what a crash costs.</summary>
    public TimeSpan SaveInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Reports of a day leave at a random time within this after midnight UTC.</summary>
    /// <remarks>RFC 8460 §4.1 asks for up to four hours.</remarks>
    public TimeSpan SendWindow { get; init; } = TimeSpan.FromHours(4);

    /// <summary>How long an HTTPS server may take over a report.</summary>
    public TimeSpan PostTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
