using Microsoft.Extensions.Logging;

namespace Courier;

/// <summary>9001 on: the doors for local programs.</summary>
internal static partial class Log
{
    [LoggerMessage(9001, LogLevel.Warning, "Local programs cannot reach {Path}: {Reason}")]
    internal static partial void NoLocalDoor(ILogger logger, string path, string reason);

    [LoggerMessage(9002, LogLevel.Warning, "A local program of user {User} was not served to its end: {Reason}")]
    internal static partial void LocalSessionFailed(ILogger logger, uint user, string reason);

    [LoggerMessage(9003, LogLevel.Information, "Took {File} of user {User} from the drop directory as {QueueId}")]
    internal static partial void TookDropped(ILogger logger, string file, uint user, string queueId);

    [LoggerMessage(9004, LogLevel.Warning, "Refused {File} of user {User} in the drop directory: {Reason}. It is kept as {Kept}")]
    internal static partial void RefusedDropped(ILogger logger, string file, uint user, string reason, string kept);

    [LoggerMessage(9005, LogLevel.Warning, "The drop directory cannot be worked off now, trying again in {Delay}: {Reason}")]
    internal static partial void DropFailed(ILogger logger, TimeSpan delay, string reason);
}
