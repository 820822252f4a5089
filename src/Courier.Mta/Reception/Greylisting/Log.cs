using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception.Greylisting;

internal static partial class Log
{
    [LoggerMessage(4033, LogLevel.Warning, "The greylist could not be saved to {File}, trying again: {Reason}")]
    internal static partial void GreylistNotSaved(ILogger logger, string file, string reason);
}
