using Courier.IO.Files;

namespace Courier.Queue.Scheduling;

/// <summary>A leased message in the scheduler's memory, until each of its leased recipients has come to something.</summary>
internal sealed class QueuedMessage(QueueId id, Envelope envelope, DateTimeOffset arrival, IReadOnlyList<QueuedRecipient> recipients)
{
    private int _unsettled = recipients.Count;

    internal QueueId Id { get; } = id;

    internal Envelope Envelope { get; } = envelope;

    internal DateTimeOffset Arrival { get; } = arrival;

    /// <summary>Those leased.</summary>
    internal IReadOnlyList<QueuedRecipient> Recipients { get; } = recipients;

    internal string Origin { get; init; } = "";

    /// <summary>Trace and body, when they are still in memory.</summary>
    internal (ReadOnlyMemory<byte> Trace, MessageBody Body)? Content { get; init; }

    /// <summary>Bytes of <see cref="Content"/> that count against the memory for bodies.</summary>
    internal long BytesInMemory { get; init; }

    /// <summary>It has one of the places kept for senders of few messages.</summary>
    internal bool IsExtra { get; init; }

    /// <summary>True for the call that settled the last recipient.</summary>
    internal bool Settle(int count) => Interlocked.Add(ref _unsettled, -count) == 0;
}

/// <summary>The recipients of one message that go to one destination in one attempt.</summary>
internal sealed record Delivery(QueuedMessage Message, IReadOnlyList<QueuedRecipient> Recipients, IDeliveryAgent Agent, string Destination);
