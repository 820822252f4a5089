using Microsoft.Extensions.Logging;

namespace Courier.Net;

internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Information, "{Service} listens on {EndPoint}")]
    internal static partial void Listening(ILogger logger, string service, string endPoint);

    [LoggerMessage(1002, LogLevel.Warning, "{Service}: cannot accept connections for a moment")]
    internal static partial void AcceptFailed(ILogger logger, string service, Exception exception);

    [LoggerMessage(1003, LogLevel.Information, "{Service}: {Peer} refused, {Reason}")]
    internal static partial void Refused(ILogger logger, string service, string peer, string reason);

    [LoggerMessage(1004, LogLevel.Information, "{Service}: TLS with {Peer} failed: {Reason}")]
    internal static partial void TlsFailed(ILogger logger, string service, string peer, string reason);

    [LoggerMessage(1005, LogLevel.Critical, "{Service}: session with {Peer} ended by a fault of ours")]
    internal static partial void SessionFault(ILogger logger, string service, string peer, Exception exception);
}
