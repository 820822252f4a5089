using Courier.Mailboxes.Sharing;
using Microsoft.Extensions.Logging;

namespace Courier.Mailboxes;

internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Warning, "{Mailbox} cannot be watched ({Reason}): changes by other programs are seen when a client asks")]
    internal static partial void NotWatched(ILogger logger, string mailbox, string reason);

    [LoggerMessage(5002, LogLevel.Warning, "{Mailbox}: the list of UIDs was gone and was written anew from memory")]
    internal static partial void UidsRestored(ILogger logger, string mailbox);

    [LoggerMessage(5003, LogLevel.Warning, "{Mailbox}: looking for changes failed")]
    internal static partial void RefreshFailed(ILogger logger, string mailbox, Exception exception);

    [LoggerMessage(5004, LogLevel.Warning, "{Mailbox}: the index could not be written; it is made anew when the mailbox is next opened")]
    internal static partial void IndexNotWritten(ILogger logger, string mailbox, Exception exception);

    [LoggerMessage(5005, LogLevel.Warning, "{Directory}: old expunged messages could not be removed")]
    internal static partial void SweepFailed(ILogger logger, string directory, Exception exception);

    [LoggerMessage(5006, LogLevel.Information, "{Mailbox}: two files had the same name {Name}; one was given a name of its own")]
    internal static partial void DuplicateRenamed(ILogger logger, string mailbox, string name);

    [LoggerMessage(5007, LogLevel.Warning, "{Mailbox}: the full text index could not be brought up to date; searches read the messages")]
    internal static partial void TextNotIndexed(ILogger logger, string mailbox, Exception exception);

    [LoggerMessage(5008, LogLevel.Warning, "{Mailbox}: the full text index could not be read; the search reads the messages")]
    internal static partial void TextIndexNotRead(ILogger logger, string mailbox, Exception exception);

    [LoggerMessage(5009, LogLevel.Warning, "{Mailbox}: a crash came among messages that appear together; {Placed} of {Count} were placed now")]
    internal static partial void PlacementContinued(ILogger logger, string mailbox, int placed, int count);

    [LoggerMessage(5010, LogLevel.Warning, "{Mailbox}: the new list of UIDs did not get to the disk; it is made anew with the next index")]
    internal static partial void UidsNotSynced(ILogger logger, string mailbox, Exception exception);

    [LoggerMessage(5020, LogLevel.Information, "{Mailbox} was taken over from another server with {Count} UIDs and UIDVALIDITY {UidValidity}")]
    internal static partial void TakenOver(ILogger logger, string mailbox, int count, uint uidValidity);

    [LoggerMessage(5021, LogLevel.Warning, "{Mailbox}: {Count} messages had other UIDs at {Server} and got new ones here and there")]
    internal static partial void Disagreed(ILogger logger, string mailbox, int count, OtherServer server);

    [LoggerMessage(5022, LogLevel.Warning, "{Mailbox}: the first line of the list of UIDs is damaged; the list was made anew {How}")]
    internal static partial void UidsReplaced(ILogger logger, string mailbox, string how);
}
