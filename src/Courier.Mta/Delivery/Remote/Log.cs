using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Remote;

internal static partial class Log
{
    [LoggerMessage(4104, LogLevel.Warning, "Cannot connect to {NextHop}: {Reason}")]
    internal static partial void Unreachable(ILogger logger, string nextHop, string reason);

    [LoggerMessage(4106, LogLevel.Warning, "TLS with {NextHop} failed, its mail goes in the clear for some hours: {Reason}")]
    internal static partial void BrokenTls(ILogger logger, string nextHop, string reason);

    [LoggerMessage(4107, LogLevel.Warning, "The MTA-STS policy of {Domain} cannot be had: {Reason}")]
    internal static partial void StsUnavailable(ILogger logger, string domain, string reason);

    [LoggerMessage(4105, LogLevel.Debug, "A kept connection to {NextHop} was closed by the other side; a new one is made")]
    internal static partial void Stale(ILogger logger, string nextHop);
}
