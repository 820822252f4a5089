using Microsoft.Extensions.Logging;

namespace Courier.Web.Metrics;

internal static partial class Log
{
    [LoggerMessage(9501, LogLevel.Information, "Metrics are served on http://{EndPoint}/metrics")]
    internal static partial void Serving(ILogger logger, string endPoint);

    [LoggerMessage(9502, LogLevel.Warning, "{Instrument} of {Meter} is left out of the metrics: {Name} exists with another type")]
    internal static partial void Conflict(ILogger logger, string meter, string instrument, string name);

    [LoggerMessage(9503, LogLevel.Warning, "Some figures could not be had for the metrics")]
    internal static partial void ObservationFailed(ILogger logger, Exception exception);
}
