namespace Courier.Net.Dns;

/// <summary>How much an answer may say and how long it is believed.</summary>
public sealed record DnsLimits
{
    /// <summary>Records of one answer that are read; a longer answer is refused.</summary>
    /// <remarks>Ten times what a message over UDP holds; over TCP 64 KB would hold 5,000.</remarks>
    public int Records { get; init; } = 512;

    /// <summary>Aliases followed from one question to its answer.</summary>
    /// <remarks>RFC 1034 §3.6.2 wants one; content networks use up to five.</remarks>
    public int CnameChain { get; init; } = 8;

    /// <summary>Datagrams read while waiting for the right one.</summary>
    /// <remarks>Whoever floods us with guesses (RFC 5452 §4) sends the question to TCP, where guessing is hopeless.</remarks>
    public int WrongDatagrams { get; init; } = 16;

    /// <summary>What we can take over UDP.</summary>
    /// <remarks>The size that is never fragmented, agreed on the DNS flag day of 2020.</remarks>
    public int UdpBytes { get; init; } = 1232;

    /// <summary>Questions under way at once; more wait.</summary>
    /// <remarks>Each takes a socket; the descriptors are wanted for mail.</remarks>
    public int QuestionsAtOnce { get; init; } = 256;

    /// <summary>Answers kept.</summary>
    public int CacheEntries { get; init; } = 20_000;

    /// <summary>Octets of all answers kept, as they came on the wire.</summary>
    public long CacheBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Longest time an answer is kept.</summary>
    /// <remarks>RFC 1035 §7.3 leaves it to us; RFC 2308 §5 finds one to three hours sensible for negative answers, a day is common for others.</remarks>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Longest time a negative answer is kept.</summary>
    /// <remarks>RFC 2308 §5.</remarks>
    public TimeSpan NegativeTimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a failure is kept, so that a burst of mail for a broken domain asks once.</summary>
    /// <remarks>RFC 2308 §7 allows five minutes, RFC 9520 §3.2 wants at least a second.</remarks>
    public TimeSpan FailureTimeToLive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a server that did not answer is asked after the others.</summary>
    public TimeSpan ServerPenalty { get; init; } = TimeSpan.FromSeconds(30);
}
