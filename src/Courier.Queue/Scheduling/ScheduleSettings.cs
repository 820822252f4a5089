namespace Courier.Queue.Scheduling;

/// <summary>When attempts are made, and how many at once.</summary>
public sealed record ScheduleSettings
{
    /// <summary>Wait between the attempts of one round.</summary>
    /// <remarks>Courier's retryalpha: 5 minutes.</remarks>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Attempts in a round.</summary>
    /// <remarks>Courier's retrybeta: several in a row, as much of what fails passes within minutes.</remarks>
    public int AttemptsPerRound { get; init; } = 3;

    /// <summary>Wait after the first round; it doubles with each.</summary>
    /// <remarks>Courier's retrygamma: 15 minutes.</remarks>
    public TimeSpan RoundWait { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often the wait between rounds doubles.</summary>
    /// <remarks>Courier's retrymaxdelta: 3, so 2 hours at most.</remarks>
    public int Doublings { get; init; } = 3;

    /// <summary>Next hop, <c>host:port</c>, of mail to other servers that is older than <see cref="WarnAfter"/>; its sender is not told then.</summary>
    public string? BackupRelay { get; init; }

    /// <summary>Wait before the first attempt.</summary>
    /// <remarks>Courier's submitdelay: time for filters that look for duplicates.</remarks>
    public TimeSpan SubmitDelay { get; init; } = TimeSpan.Zero;

    /// <summary>How old a message may get before what still waits is reported as failed.</summary>
    /// <remarks>Courier's queuetime: 1 week. RFC 5321 §4.5.4.1 asks for at least 4 to 5 days.</remarks>
    public TimeSpan Expiry { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How old a message may get before the sender is told, once for each recipient, that it still waits; zero: never.</summary>
    /// <remarks>Courier's warntime: 4 hours. Looked at after each attempt.</remarks>
    public TimeSpan WarnAfter { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Reports on mail that came by these ways go to no other server: its return path may be forged, and the report would hit
    /// somebody who sent nothing.</summary>
    /// <remarks>Courier's ESMTP_BLOCKBACKSCATTER.</remarks>
    public IReadOnlySet<MessageSource> SilentReports { get; init; } = new HashSet<MessageSource>();

    /// <summary>Attempts at once, over all destinations.</summary>
    /// <remarks>Attempts wait for disks and peers, not for processors.</remarks>
    public int AttemptsAtOnce { get; init; } = 256;

    /// <summary>Attempts at other servers that last longer than <see cref="SlowAfter"/>, beyond <see cref="AttemptsAtOnce"/>.</summary>
    /// <remarks>Each holds a socket, some 20 KB, and the message's body up to the inline limit. The program sets it by the descriptors that it may open.</remarks>
    public int SlowAttempts { get; init; } = 4000;

    /// <summary>When an attempt at another server counts as slow, and makes room if the places are all taken.</summary>
    /// <remarks>What is near and well has taken a message by then. One that greets late on purpose loses nothing.</remarks>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>When no attempt at a destination has ended for so long, what waits behind them gives way while memory is full.</summary>
    /// <remarks>Past the pause that servers make before they greet, to find out who is impatient: few seconds as a rule.</remarks>
    public TimeSpan StalledAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it waits in the spool then.</summary>
    public TimeSpan StalledWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Attempts at once at one destination whose agent asks for nothing else.</summary>
    /// <remarks>Large providers limit connections from one peer to about this.</remarks>
    public int AttemptsPerDestination { get; init; } = 20;

    /// <summary>Recipients of one message in one attempt; more are several attempts.</summary>
    /// <remarks>RFC 5321 §4.5.3.1.8: what every server must take in one transaction.</remarks>
    public int RecipientsPerAttempt { get; init; } = 100;

    /// <summary>Messages leased and in memory at once; the rest waits in the spool.</summary>
    public int MessagesInMemory { get; init; } = 4096;

    /// <summary>Bytes of bodies kept in memory between acceptance and first attempt; beyond, a body is read back from the spool.</summary>
    public long BodyMemoryBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Messages being routed at once.</summary>
    public int RoutingAtOnce { get; init; } = 4;

    /// <summary>An attempt that takes longer is abandoned and made again later.</summary>
    /// <remarks>Longer than all timeouts of one SMTP transaction together (RFC 5321 §4.5.3.2), and time for a large body on a slow line.</remarks>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>First and longest wait between tries to record an outcome or to read the queue while the disk refuses.</summary>
    public TimeSpan FirstStorageRetry { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestStorageRetry { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a stop waits for attempts in flight.</summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest wait between two attempts.</summary>
    internal TimeSpan LongestWait => RoundWait * (1L << Math.Max(0, Doublings)) is var round && round > FirstRetry ? round : FirstRetry;

    /// <summary>The wait after an attempt that failed.</summary>
    /// <param name="attempts">Attempts made so far, this one included.</param>
    /// <remarks>With the defaults 5, 5, 15, 5, 5, 30, 5, 5, 60, 5, 5, 120, 5, 5, 120 … minutes.</remarks>
    public TimeSpan WaitAfter(int attempts) => attempts % AttemptsPerRound != 0
        ? FirstRetry
        : RoundWait * (1L << Math.Clamp((attempts / AttemptsPerRound) - 1, 0, Doublings));
}
