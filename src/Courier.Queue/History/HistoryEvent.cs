namespace Courier.Queue.History;

/// <summary>What may happen to a message, in the words of <c>courier trace</c>.</summary>
public enum HistoryEvent
{
    Queued,
    Delivered,
    Relayed,
    Deferred,
    Bounced,
    Expired,
    Held,
    Reported,
    Delayed,
    Removed,
    Command,
}

/// <summary>One fact in the life of a message.</summary>
/// <param name="Time">When.</param>
/// <param name="Id">The message.</param>
/// <param name="Event">What happened.</param>
/// <param name="Address">To whose copy; empty for the message as a whole.</param>
/// <param name="Text">In words.</param>
public sealed record HistoryLine(DateTimeOffset Time, QueueId Id, HistoryEvent Event, string Address, string Text);
