using System.Net;

namespace Courier.Net.Dns;

/// <summary>The record types a mail server asks for (RFC 1035 §3.2.2, RFC 3596 §2.1, RFC 6698 §7.1).</summary>
public enum DnsType
{
    A = 1,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Mx = 15,
    Txt = 16,
    Aaaa = 28,
    Tlsa = 52,
}

/// <summary>One resource record. Names are in lower case, in presentation form and without the last dot; the root is “.”.</summary>
public abstract record DnsRecord;

/// <summary>A and AAAA.</summary>
public sealed record AddressRecord(IPAddress Address) : DnsRecord;

/// <summary>MX (RFC 1035 §3.3.9). The exchange “.” says that the domain takes no mail (RFC 7505 §3).</summary>
public sealed record MxRecord(int Preference, string Exchange) : DnsRecord;

/// <summary>TXT: its strings joined, as every user of it since SPF wants them (RFC 7208 §3.3, RFC 8461 §3.1).</summary>
public sealed record TxtRecord(string Text) : DnsRecord;

/// <summary>PTR and CNAME.</summary>
public sealed record NameRecord(string Target) : DnsRecord;

/// <summary>TLSA (RFC 6698 §2.1).</summary>
public sealed record TlsaRecord(byte Usage, byte Selector, byte MatchingType, ReadOnlyMemory<byte> Data) : DnsRecord;

/// <summary>What a lookup came to.</summary>
public enum DnsOutcome
{
    /// <summary>There are records.</summary>
    Found,

    /// <summary>The name is there, records of this type are not (RFC 2308 §2.2).</summary>
    NoData,

    /// <summary>There is no such name (RFC 2308 §2.1).</summary>
    NoSuchName,

    /// <summary>Nobody knows now: no answer, SERVFAIL (which is also what a validating resolver says of bogus data), nonsense. Never
    /// a statement about the name.</summary>
    Failed,
}

/// <summary>The answer to one question.</summary>
/// <param name="Outcome">What it came to.</param>
/// <param name="Records">Of the type asked for; empty unless found.</param>
/// <param name="IsAuthenticated">The whole answer, also a negative one, was validated by a resolver that we trust (AD, RFC 4035 §3.2.3).</param>
/// <param name="CanonicalName">The name at the end of the CNAME chain; the one asked for where there is none.</param>
/// <param name="TimeToLive">How long it may be kept, from when it was received.</param>
/// <param name="Problem">Why it failed; null otherwise.</param>
public sealed record DnsAnswer(
    DnsOutcome Outcome, IReadOnlyList<DnsRecord> Records, bool IsAuthenticated, string CanonicalName, TimeSpan TimeToLive, string? Problem = null)
{
    public bool IsFound => Outcome == DnsOutcome.Found;

    public static DnsAnswer Failure(string name, string problem, TimeSpan timeToLive = default) =>
        new(DnsOutcome.Failed, [], IsAuthenticated: false, name, timeToLive, problem);
}

/// <summary>Looks names up. A failure is an answer; only cancellation throws.</summary>
public interface IDnsResolver
{
    /// <param name="name">Host or domain name; U-labels are turned into A-labels (RFC 5891). A last dot is ignored, and no search list is used.</param>
    /// <param name="type">What is asked for.</param>
    /// <param name="ct">Ends the caller's wait.</param>
    ValueTask<DnsAnswer> ResolveAsync(string name, DnsType type, CancellationToken ct);
}
