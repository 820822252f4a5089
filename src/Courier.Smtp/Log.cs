using Microsoft.Extensions.Logging;

namespace Courier.Smtp;

internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Critical, "SMTP session of {Peer} ended by a fault of ours")]
    internal static partial void SessionFault(ILogger logger, string peer, Exception exception);

    [LoggerMessage(2002, LogLevel.Warning, "SMTP session of {Peer}: asked to try again later, for local trouble")]
    internal static partial void LocalTrouble(ILogger logger, string peer, Exception exception);

    [LoggerMessage(2003, LogLevel.Information, "STARTTLS with {Peer} failed: {Reason}")]
    internal static partial void TlsFailed(ILogger logger, string peer, string reason);

    [LoggerMessage(2004, LogLevel.Information, "Login failed: {Peer} as {Account}")]
    internal static partial void LoginFailed(ILogger logger, string peer, string account);

    [LoggerMessage(2005, LogLevel.Information, "Login: {Peer} as {Account}")]
    internal static partial void LoggedIn(ILogger logger, string peer, string account);

    [LoggerMessage(2006, LogLevel.Information, "Connection of {Peer} closed: {Reply}")]
    internal static partial void Disconnected(ILogger logger, string peer, string reply);

    [LoggerMessage(2007, LogLevel.Debug, "{Peer}: bad command answered with {Reply}")]
    internal static partial void BadCommand(ILogger logger, string peer, string reply);

    [LoggerMessage(2009, LogLevel.Debug, "{Peer} speaks for {Client} by XCLIENT")]
    internal static partial void SpeaksFor(ILogger logger, string peer, string client);

    [LoggerMessage(2008, LogLevel.Information, "Message of {Peer} from <{Sender}> refused: {Reply}")]
    internal static partial void MessageRefused(ILogger logger, string peer, string sender, string reply);
}
