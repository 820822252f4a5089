using Microsoft.Extensions.Logging;

namespace Courier.Queue;

/// <summary>3001–3019: the life of a message, one line per fact. 3020–3039: the scheduler. 3040 on: the spool.</summary>
internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Information, "Queued {QueueId} from <{Sender}> for {Recipients} recipients, {Bytes} bytes, by {Origin}")]
    internal static partial void Queued(ILogger logger, QueueId queueId, string sender, int recipients, long bytes, string origin);

    [LoggerMessage(3002, LogLevel.Debug, "Attempting {QueueId} for {Recipients} recipients at {Destination}")]
    internal static partial void Attempting(ILogger logger, QueueId queueId, int recipients, string destination);

    [LoggerMessage(3003, LogLevel.Information, "Delivered {QueueId} to <{Recipient}>: {Status} {Diagnostic}")]
    internal static partial void Delivered(ILogger logger, QueueId queueId, string recipient, string status, string diagnostic);

    [LoggerMessage(3004, LogLevel.Information, "Relayed {QueueId} for <{Recipient}> to {Server}: {Status} {Diagnostic}")]
    internal static partial void Relayed(ILogger logger, QueueId queueId, string recipient, string server, string status, string diagnostic);

    [LoggerMessage(3005, LogLevel.Information, "Deferred {QueueId} for <{Recipient}> until {NextAttempt:u}: {Status} {Diagnostic}")]
    internal static partial void Deferred(ILogger logger, QueueId queueId, string recipient, DateTimeOffset nextAttempt, string status, string diagnostic);

    [LoggerMessage(3006, LogLevel.Information, "Bounced {QueueId} for <{Recipient}>: {Status} {Diagnostic}")]
    internal static partial void Bounced(ILogger logger, QueueId queueId, string recipient, string status, string diagnostic);

    [LoggerMessage(3007, LogLevel.Information, "Expired {QueueId} for <{Recipient}>, accepted {Arrival:u}: {Diagnostic}")]
    internal static partial void Expired(ILogger logger, QueueId queueId, string recipient, DateTimeOffset arrival, string diagnostic);

    [LoggerMessage(3008, LogLevel.Information, "Removed {QueueId} by command")]
    internal static partial void Removed(ILogger logger, QueueId queueId);

    [LoggerMessage(3009, LogLevel.Information, "Held {QueueId} for <{Recipient}>: {Destination}")]
    internal static partial void Held(ILogger logger, QueueId queueId, string recipient, string destination);

    [LoggerMessage(3010, LogLevel.Information, "Reported on {QueueId} to <{Sender}> as {ReportId}")]
    internal static partial void Reported(ILogger logger, QueueId queueId, string sender, QueueId reportId);

    [LoggerMessage(3011, LogLevel.Information, "Told <{Sender}> of the delay of {QueueId} as {ReportId}")]
    internal static partial void ToldOfDelay(ILogger logger, QueueId queueId, string sender, QueueId reportId);

    [LoggerMessage(3012, LogLevel.Information, "Sending {QueueId} for <{Recipient}> by the backup relay {NextHop} from now on")]
    internal static partial void BackedUp(ILogger logger, QueueId queueId, string recipient, string nextHop);

    [LoggerMessage(3020, LogLevel.Error, "Attempt for {QueueId} at {Destination} ended by a fault; it will be made again")]
    internal static partial void AttemptFault(ILogger logger, QueueId queueId, string destination, Exception exception);

    [LoggerMessage(3021, LogLevel.Warning, "What became of {QueueId} cannot be recorded yet; trying again in {Delay}")]
    internal static partial void RecordFailed(ILogger logger, QueueId queueId, TimeSpan delay, Exception exception);

    [LoggerMessage(3022, LogLevel.Warning, "The queue cannot be read; trying again in {Delay}")]
    internal static partial void LeaseFailed(ILogger logger, TimeSpan delay, Exception exception);

    [LoggerMessage(3023, LogLevel.Warning, "Attempts were still running {Limit} after the stop; they stay queued")]
    internal static partial void StopIncomplete(ILogger logger, TimeSpan limit);

    [LoggerMessage(3024, LogLevel.Error, "Looking for due messages ended by a fault; it will be done again")]
    internal static partial void LeaseFault(ILogger logger, Exception exception);

    [LoggerMessage(3025, LogLevel.Warning, "The history of messages in {Directory} cannot be written: {Reason}")]
    internal static partial void HistoryFailed(ILogger logger, string directory, string reason);

    [LoggerMessage(3026, LogLevel.Warning, "The clock was set: {Recipients} recipients waited for a time too far ahead and are tried now")]
    internal static partial void BroughtForward(ILogger logger, int recipients);

    [LoggerMessage(3040, LogLevel.Information, "Opened the spool {Path}: {Messages} messages, {Staged} copies staged, {Swept} unused files deleted")]
    internal static partial void Opened(ILogger logger, string path, long messages, int staged, int swept);

    [LoggerMessage(3041, LogLevel.Error, "The body of a queued message is missing: {Path}")]
    internal static partial void BodyMissing(ILogger logger, string path);

    [LoggerMessage(3042, LogLevel.Warning, "A change to the spool failed")]
    internal static partial void ChangeFailed(ILogger logger, Exception exception);

    [LoggerMessage(3043, LogLevel.Error, "A commit of {Changes} changes failed; none is acknowledged")]
    internal static partial void CommitFailed(ILogger logger, int changes, Exception exception);

    [LoggerMessage(3044, LogLevel.Critical, "The spool writer ended by a fault of ours")]
    internal static partial void WriterFault(ILogger logger, Exception exception);

    [LoggerMessage(3045, LogLevel.Warning, "Changes by the queue command will be noticed late: {Reason}")]
    internal static partial void NotWatched(ILogger logger, string reason);

    [LoggerMessage(3052, LogLevel.Warning, "No room was made in {Path} ahead of commits; they go on, slower")]
    internal static partial void NoLogRoom(ILogger logger, string path, Exception exception);

    [LoggerMessage(3053, LogLevel.Error, "What the log of the spool holds could not be copied into the database; it stays in the log")]
    internal static partial void CheckpointFailed(ILogger logger, Exception exception);

    [LoggerMessage(3054, LogLevel.Error, "The disk of the spool has lost writes: no mail is taken or delivered until all that the log holds was copied again; the next try is in a second")]
    internal static partial void SpoolNotMended(ILogger logger, Exception exception);

    [LoggerMessage(3055, LogLevel.Warning, "The disk of the spool had lost writes; all that the log holds was copied again")]
    internal static partial void SpoolMended(ILogger logger);

    [LoggerMessage(3056, LogLevel.Warning, "The log of the spool could not be copied into the database at the start: {Reason}")]
    internal static partial void NotFolded(ILogger logger, string reason);

    [LoggerMessage(3051, LogLevel.Error, "Message {QueueId} cannot be read: the spool is damaged there. Stop the server, save the file, and get out what can be read by `courier queue export --all`")]
    internal static partial void Unreadable(ILogger logger, QueueId queueId);

    [LoggerMessage(3046, LogLevel.Information, "Joined the queue in {Database} as {Node}: {Messages} messages, {Staged} copies staged here")]
    internal static partial void Joined(ILogger logger, string database, string node, long messages, int staged);

    [LoggerMessage(3047, LogLevel.Warning, "The queue's database cannot be reached; leases end if that lasts: {Reason}")]
    internal static partial void NodeUnreachable(ILogger logger, string reason);

    [LoggerMessage(3048, LogLevel.Warning, "Took over from {Nodes}: {Recipients} recipients are free again")]
    internal static partial void NodeDead(ILogger logger, string nodes, long recipients);

    [LoggerMessage(3049, LogLevel.Error, "{Node} was silent for too long: others have its mail; it goes on with new leases")]
    internal static partial void NodeLost(ILogger logger, string node);

    [LoggerMessage(3050, LogLevel.Warning, "The queue's database may lose what it has acknowledged: {Setting} is off there")]
    internal static partial void NotDurable(ILogger logger, string setting);
}
