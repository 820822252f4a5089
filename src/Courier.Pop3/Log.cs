using Microsoft.Extensions.Logging;

namespace Courier.Pop3;

internal static partial class Log
{
    [LoggerMessage(7001, LogLevel.Critical, "POP3 session of {Peer} ended by a fault of ours")]
    internal static partial void SessionFault(ILogger logger, string peer, Exception exception);

    [LoggerMessage(7002, LogLevel.Warning, "POP3 session of {Peer}: asked to try again later, for local trouble")]
    internal static partial void LocalTrouble(ILogger logger, string peer, Exception exception);

    [LoggerMessage(7003, LogLevel.Information, "STLS with {Peer} failed: {Reason}")]
    internal static partial void TlsFailed(ILogger logger, string peer, string reason);

    [LoggerMessage(7004, LogLevel.Information, "LOGIN FAILED, user={Account}, ip=[{Ip}], port=[{Port}], protocol=POP3, connection={ConnectionId}")]
    internal static partial void LoginFailed(ILogger logger, string account, string ip, int port, long connectionId);

    [LoggerMessage(7005, LogLevel.Information, "LOGIN, user={Account}, ip=[{Ip}], port=[{Port}], protocol=POP3{Stls}, messages={Messages}, connection={ConnectionId}")]
    internal static partial void LoggedIn(ILogger logger, string account, string ip, int port, string stls, int messages, long connectionId);

    [LoggerMessage(7006, LogLevel.Information,
        "{Event}, user={Account}, ip=[{Ip}], port=[{Port}], top={TopOctets}, retr={RetrOctets}, rcvd={BytesIn}, sent={BytesOut}, time={Seconds}{Stls}, retrieved={Retrieved}, previewed={Previewed}, removed={Removed}, connection={ConnectionId}")]
    internal static partial void LoggedOut(
        ILogger logger, string @event, string account, string ip, int port, long topOctets, long retrOctets, long bytesIn, long bytesOut, long seconds, string stls, int retrieved, int previewed, int removed, long connectionId);
}
