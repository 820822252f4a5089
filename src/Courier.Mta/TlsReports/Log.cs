using Microsoft.Extensions.Logging;

namespace Courier.Mta.TlsReports;

internal static partial class Log
{
    [LoggerMessage(4401, LogLevel.Information, "{Domain} was told how TLS with it went on {Day}")]
    internal static partial void Reported(ILogger logger, string domain, string day);

    [LoggerMessage(4402, LogLevel.Warning, "A TLS report cannot be delivered to {Domain}: {Reason}")]
    internal static partial void ReportTrouble(ILogger logger, string domain, string reason);
}
