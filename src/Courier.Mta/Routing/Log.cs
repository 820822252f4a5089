using Microsoft.Extensions.Logging;

namespace Courier.Mta.Routing;

internal static partial class Log
{
    [LoggerMessage(4301, LogLevel.Warning, "{File}:{Line}: the route is left out: {Reason}")]
    internal static partial void BadRoute(ILogger logger, string file, int line, string reason);

    [LoggerMessage(4302, LogLevel.Warning, "The routes cannot be read, what held before still does: {Reason}")]
    internal static partial void RoutesUnreadable(ILogger logger, string reason);
}
