using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception.Access;

internal static partial class Log
{
    [LoggerMessage(4031, LogLevel.Warning, "{Problem}; what held before still holds")]
    internal static partial void ListNotTaken(ILogger logger, string problem);
}
