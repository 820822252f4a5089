using Microsoft.Extensions.Logging;

namespace Courier.MailAuth;

internal static partial class Log
{
    [LoggerMessage(8501, LogLevel.Warning, "The DNS list {Zone} is of no use now: {Problem}")]
    internal static partial void ListTrouble(ILogger logger, string zone, string problem);
}
