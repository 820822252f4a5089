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

    [LoggerMessage(7004, LogLevel.Information, "POP3 login failed: {Peer} as {Account}")]
    internal static partial void LoginFailed(ILogger logger, string peer, string account);

    [LoggerMessage(7005, LogLevel.Information, "POP3 login: {Peer} as {Account} ({Protection}), {Messages} messages")]
    internal static partial void LoggedIn(ILogger logger, string peer, string account, string protection, int messages);

    [LoggerMessage(7006, LogLevel.Information,
        "POP3 session of {Account} ({Peer}) ended: {Retrieved} retrieved, {Previewed} previewed, {Removed} removed, {Octets} octets, {Seconds} s")]
    internal static partial void LoggedOut(ILogger logger, string peer, string account, int retrieved, int previewed, int removed, long octets, long seconds);
}
