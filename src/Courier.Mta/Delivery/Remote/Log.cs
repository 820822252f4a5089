using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Remote;

internal static partial class Log
{
    [LoggerMessage(4104, LogLevel.Warning, "Cannot connect to {NextHop}: {Reason}")]
    internal static partial void Unreachable(ILogger logger, string nextHop, string reason);

    [LoggerMessage(4105, LogLevel.Debug, "A kept connection to {NextHop} was closed by the other side; a new one is made")]
    internal static partial void Stale(ILogger logger, string nextHop);
}
