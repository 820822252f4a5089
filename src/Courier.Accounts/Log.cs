using Microsoft.Extensions.Logging;

namespace Courier.Accounts;

internal static partial class Log
{
    [LoggerMessage(8001, LogLevel.Debug, "The account directory was changed; what was kept in memory is dropped")]
    internal static partial void Changed(ILogger logger);

    [LoggerMessage(8002, LogLevel.Warning, "{Waiting} password checks are waiting: further logins are told to come back later")]
    internal static partial void TooManyVerifications(ILogger logger, int waiting);

    [LoggerMessage(8003, LogLevel.Critical, "A password check ended by a fault of ours")]
    internal static partial void VerificationFault(ILogger logger, Exception exception);
}
