using Courier.Queue;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Delivery.Local;

/// <summary>Events 4201 on. What became of each recipient is logged by the queue, or by the reception that delivers at once.</summary>
internal static partial class Log
{
    [LoggerMessage(4201, LogLevel.Warning, "Cannot write into {Maildir}")]
    internal static partial void WriteFailed(ILogger logger, string maildir, Exception exception);

    [LoggerMessage(4202, LogLevel.Error, "A batch of {Copies} copies failed at: {Step}")]
    internal static partial void BatchFailed(ILogger logger, int copies, string step, Exception exception);

    [LoggerMessage(4203, LogLevel.Information, "Deleted {Files} copies from {Maildir} that a crash left before they counted")]
    internal static partial void Swept(ILogger logger, int files, string maildir);

    [LoggerMessage(4204, LogLevel.Warning, "Cannot look for left over copies in {Maildir}: {Reason}")]
    internal static partial void SweepFailed(ILogger logger, string maildir, string reason);

    [LoggerMessage(4205, LogLevel.Information, "{QueueId} has been delivered to <{Recipient}> before: a loop")]
    internal static partial void Loop(ILogger logger, QueueId queueId, string recipient);
}
