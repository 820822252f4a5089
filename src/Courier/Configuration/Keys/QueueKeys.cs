using Types = Courier.Configuration.SettingTypes;

namespace Courier.Configuration.Keys;

/// <summary>The keys on the queue: where it lies, when what is in it is tried, and what it remembers.</summary>
internal static class QueueKeys
{
    internal static readonly Setting<TimeSpan> RetryFirst = new("queue", "retry_first", Types.Duration, "5min", "Wait between the attempts of one round (Courier's retryalpha).");
    internal static readonly Setting<int> RetryRound = new("queue", "retry_round", Types.Count, "3", "Attempts in a round (Courier's retrybeta).");
    internal static readonly Setting<TimeSpan> RetryRoundWait = new("queue", "retry_round_wait", Types.Duration, "15min", "Wait after the first round; it doubles with each (Courier's retrygamma).");
    internal static readonly Setting<int> RetryDoublings = new("queue", "retry_doublings", Types.CountOrNone, "3", "How often the wait between rounds doubles (Courier's retrymaxdelta).");
    internal static readonly Setting<string> BackupRelay = new("queue", "backup_relay", Types.Relay, null, "Takes mail for other servers that has waited longer than `warn_after`, instead of a word to the sender (Courier's backuprelay).");
    internal static readonly Setting<TimeSpan> SubmitDelay = new("queue", "submit_delay", Types.Duration, "0s", "Wait before the first attempt (Courier's submitdelay).");
    internal static readonly Setting<int> BatchSize = new("queue", "batch_size", Types.Count, "100", "Recipients of one message in one attempt; more are several attempts (Courier's batchsize).");
    internal static readonly Setting<int> LocalAttempts = new("queue", "local_attempts", Types.Count, "128", "Attempts at the same time at the mailboxes (Courier's MAXDELS of module.local).");
    internal static readonly Setting<long> HistorySize = new("queue", "history_size", Types.Size, "64MiB", "What is kept for `courier trace`, in all; `0`: nothing.");
    internal static readonly Setting<TimeSpan> QueueTime = new("queue", "expire", Types.Duration, "7d", "After this long in the queue a message is returned (Courier's queuetime).");
    internal static readonly Setting<TimeSpan> WarnAfter = new("queue", "warn_after", Types.Duration, "4h", "After this long in the queue the sender is told, once for each recipient, that the message still waits (Courier's warntime); `0s` never.");
    internal static readonly Setting<int> AttemptsAtOnce = new("queue", "attempts_at_once", Types.Count, "200", "Attempts at the same time, in all.");
    internal static readonly Setting<int> AttemptsPerDestination = new("queue", "attempts_per_destination", Types.Count, "20", "Attempts at the same time at one next hop.");
    internal static readonly Setting<string> Driver = new("queue", "driver", Types.Choice("sqlite", "postgresql"), "sqlite", "Where the queue lies: `sqlite`, a file in the state directory, for one server; `postgresql`, a database that several servers share.");
    internal static readonly Setting<string> Connection = new("queue", "connection", Types.PostgreSql, null, "The database, as `Host=db.example.org;Database=courier;Username=courier;SSL Mode=VerifyFull`: the words of Npgsql. Several hosts with commas: the one that takes changes is used. Never with a password.") { MayHoldSecret = true };
    internal static readonly Setting<string> PasswordFile = new("queue", "password_file", Types.Path, null, "File whose first line is the password for `connection`.");
    internal static readonly Setting<string> Node = new("queue", "node", Types.HostName, null, "Name of this server among those that share the queue; two must not have the same. Default: `[server] hostname`.");
    internal static readonly Setting<TimeSpan> Lease = new("queue", "lease", Types.Lease, "30s", "What a server of several has in hand is free for the others when it has been silent for this long.");
    internal static readonly Setting<string> Archive = new("queue", "archive", Types.Path, null, "Directory that gets a copy of every message taken in, by days (Courier's ARCHIVEDIR); `courier queue import` reads them. Nothing is acknowledged that is not there. The operator removes them.");

    internal static IReadOnlyList<Setting> All =>
    [
        RetryFirst, RetryRound, RetryRoundWait, RetryDoublings, BackupRelay, SubmitDelay, BatchSize, LocalAttempts, HistorySize,
        QueueTime, WarnAfter, AttemptsAtOnce, AttemptsPerDestination, Driver, Connection, PasswordFile, Node, Lease, Archive,
    ];
}
