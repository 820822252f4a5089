using System.Diagnostics.Metrics;

namespace Courier.Queue;

/// <summary>The figures of the queue, under the meter name <c>Courier.Queue</c>.</summary>
internal static class QueueMetrics
{
    private static readonly Meter Meter = new("Courier.Queue");

    internal static readonly UpDownCounter<long> Length =
        Meter.CreateUpDownCounter<long>("courier.queue.length", "{message}", "Messages in the spool");

    internal static readonly Counter<long> Accepted =
        Meter.CreateCounter<long>("courier.queue.accepted", "{message}", "Messages made durable");

    internal static readonly Counter<long> Delivered =
        Meter.CreateCounter<long>("courier.queue.delivered", "{recipient}", "Recipients whose mailbox or next hop has the message");

    internal static readonly Counter<long> Deferred =
        Meter.CreateCounter<long>("courier.queue.deferred", "{recipient}", "Attempts that will be made again");

    internal static readonly Counter<long> Bounced =
        Meter.CreateCounter<long>("courier.queue.bounced", "{recipient}", "Recipients that failed for good");

    internal static readonly Histogram<int> CommitSize =
        Meter.CreateHistogram<int>("courier.queue.commit.size", "{change}", "Changes that shared a commit");
}
