using Microsoft.Extensions.Logging;

namespace Courier.Imap;

internal static partial class Log
{
    [LoggerMessage(6001, LogLevel.Information, "LOGIN, user={Account}, ip=[{Ip}], port=[{Port}], protocol=IMAP{Stls}, method={Mechanism}, tls={Tls}, connection={ConnectionId}")]
    internal static partial void LoggedIn(ILogger logger, string account, string ip, int port, string stls, string mechanism, string tls, long connectionId);

    [LoggerMessage(6002, LogLevel.Information, "LOGIN FAILED, user={User}, ip=[{Ip}], port=[{Port}], protocol=IMAP, method={Mechanism}, reason={Reason}, connection={ConnectionId}")]
    internal static partial void LoginFailed(ILogger logger, string user, string ip, int port, string mechanism, string reason, long connectionId);

    [LoggerMessage(6003, LogLevel.Information, "{Event}, user={Account}, ip=[{Ip}], port=[{Port}], headers={Headers}, body={Body}, rcvd={BytesIn}, sent={BytesOut}, time={Seconds}{Stls}, fetched={Fetched}, appended={Appended}, expunged={Expunged}, reason={Reason}, connection={ConnectionId}")]
    internal static partial void Ended(ILogger logger, string @event, string account, string ip, int port, long headers, long body, long bytesIn, long bytesOut, long seconds, string stls, long fetched, long appended, long expunged, string reason, long connectionId);

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

    [LoggerMessage(6011, LogLevel.Warning, "The transcript {Path} cannot be written: {Reason}")]
    internal static partial void NoTranscript(ILogger logger, string path, string reason);

    [LoggerMessage(6010, LogLevel.Information, "TLS with IMAP client {Peer} failed: {Reason}, connection {ConnectionId}")]
    internal static partial void TlsFailed(ILogger logger, string peer, string reason, long connectionId);
}
