using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception;

internal static partial class Log
{
    [LoggerMessage(4001, LogLevel.Information,
        "{QueueId} accepted from {Origin} ({Peer}): sender <{Sender}>, {Recipients} recipients, {Bytes} bytes, Received id {Trace}")]
    internal static partial void Accepted(ILogger logger, string queueId, string origin, string peer, string sender, int recipients, long bytes, string trace);

    [LoggerMessage(4002, LogLevel.Information, "{Peer}: recipient <{Recipient}> of <{Sender}> refused: {Reason}")]
    internal static partial void RecipientRefused(ILogger logger, string peer, string recipient, string sender, string reason);

    [LoggerMessage(4003, LogLevel.Information, "{Peer}: message of <{Sender}> refused, it has {Hops} Received fields")]
    internal static partial void Loop(ILogger logger, string peer, string sender, int hops);

    [LoggerMessage(4004, LogLevel.Warning, "The file system of {Directory} has room for {Free} bytes and {Files} files left: messages are asked to come later")]
    internal static partial void NoSpace(ILogger logger, string directory, long free, long files);

    [LoggerMessage(4005, LogLevel.Information, "The file system of {Directory} has room again: {Free} bytes, {Files} files")]
    internal static partial void SpaceAgain(ILogger logger, string directory, long free, long files);

    [LoggerMessage(4032, LogLevel.Information, "{Peer} ({Account}): mail of <{Sender}> put off, its rate is used up")]
    internal static partial void TooMuch(ILogger logger, string peer, string account, string sender);

    [LoggerMessage(4034, LogLevel.Information, "{Peer}: mail of <{Sender}> for <{Recipient}> put off by the greylist")]
    internal static partial void Greylisted(ILogger logger, string peer, string sender, string recipient);

    [LoggerMessage(4006, LogLevel.Information, "{Peer}: LMTP message of <{Sender}> for <{Recipient}>, {Bytes} bytes, Received id {Trace}: {Outcome} {Diagnostic}")]
    internal static partial void LmtpOutcome(
        ILogger logger, string peer, string sender, string recipient, long bytes, string trace, string outcome, string diagnostic);

    [LoggerMessage(4020, LogLevel.Information, "{Peer}: sender <{Sender}> refused, EHLO {Helo}: {Reason}")]
    internal static partial void SenderRefused(ILogger logger, string peer, string sender, string helo, string reason);

    [LoggerMessage(4021, LogLevel.Information, "{Peer}: message of <{Sender}> refused, it is for the spam trap <{Trap}>")]
    internal static partial void SpamTrap(ILogger logger, string peer, string sender, string trap);
}
