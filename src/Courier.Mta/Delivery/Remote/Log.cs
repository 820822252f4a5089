using Courier.Queue;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Remote;

internal static partial class Log
{
    [LoggerMessage(4101, LogLevel.Information, "{QueueId}: relayed <{Recipient}> to {NextHop}: {Reply}")]
    internal static partial void Relayed(ILogger logger, QueueId queueId, string recipient, string nextHop, string reply);

    [LoggerMessage(4102, LogLevel.Information, "{QueueId}: deferred <{Recipient}> at {NextHop}: {Reply}")]
    internal static partial void Deferred(ILogger logger, QueueId queueId, string recipient, string nextHop, string reply);

    [LoggerMessage(4103, LogLevel.Information, "{QueueId}: failed <{Recipient}> at {NextHop}: {Reply}")]
    internal static partial void Failed(ILogger logger, QueueId queueId, string recipient, string nextHop, string reply);

    [LoggerMessage(4104, LogLevel.Warning, "Cannot connect to {NextHop}: {Reason}")]
    internal static partial void Unreachable(ILogger logger, string nextHop, string reason);

    [LoggerMessage(4105, LogLevel.Debug, "A kept connection to {NextHop} was closed by the other side; a new one is made")]
    internal static partial void Stale(ILogger logger, string nextHop);
}
