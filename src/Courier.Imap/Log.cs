using Microsoft.Extensions.Logging;

namespace Courier.Imap;

internal static partial class Log
{
    [LoggerMessage(6001, LogLevel.Information, "IMAP login of {Account} from {Peer}, {Mechanism}, {Tls}, connection {ConnectionId}")]
    internal static partial void LoggedIn(ILogger logger, string account, string peer, string mechanism, string tls, long connectionId);

    [LoggerMessage(6002, LogLevel.Information, "IMAP login failed for {User} from {Peer}, {Mechanism}: {Reason}, connection {ConnectionId}")]
    internal static partial void LoginFailed(ILogger logger, string user, string peer, string mechanism, string reason, long connectionId);

    [LoggerMessage(6003, LogLevel.Information, "IMAP session of {Account} from {Peer} ended: {Reason}, {Seconds} s, {BytesIn} octets in, {BytesOut} out, {Fetched} messages fetched, {Appended} appended, {Expunged} expunged, connection {ConnectionId}")]
    internal static partial void Ended(ILogger logger, string account, string peer, string reason, long seconds, long bytesIn, long bytesOut, long fetched, long appended, long expunged, long connectionId);

    [LoggerMessage(6004, LogLevel.Debug, "IMAP connection from {Peer} ended without a login: {Reason}, connection {ConnectionId}")]
    internal static partial void LeftWithoutLogin(ILogger logger, string peer, string reason, long connectionId);

    [LoggerMessage(6005, LogLevel.Critical, "IMAP {Command} of {Account} failed by a fault of ours, connection {ConnectionId}")]
    internal static partial void Fault(ILogger logger, string command, string account, long connectionId, Exception exception);

    [LoggerMessage(6006, LogLevel.Warning, "IMAP {Command} of {Account} could not reach its storage, connection {ConnectionId}")]
    internal static partial void StorageTrouble(ILogger logger, string command, string account, long connectionId, Exception exception);

    [LoggerMessage(6007, LogLevel.Debug, "IMAP mistake of {Peer}: {Complaint}, connection {ConnectionId}")]
    internal static partial void Mistake(ILogger logger, string peer, string complaint, long connectionId);

    [LoggerMessage(6008, LogLevel.Debug, "IMAP client of {Peer} says it is {Client}, connection {ConnectionId}")]
    internal static partial void ClientIs(ILogger logger, string peer, string client, long connectionId);

    [LoggerMessage(6009, LogLevel.Warning, "Accounts cannot be asked: IMAP login from {Peer} put off, connection {ConnectionId}")]
    internal static partial void AccountsUnavailable(ILogger logger, string peer, long connectionId, Exception exception);

    [LoggerMessage(6010, LogLevel.Information, "TLS with IMAP client {Peer} failed: {Reason}, connection {ConnectionId}")]
    internal static partial void TlsFailed(ILogger logger, string peer, string reason, long connectionId);
}
