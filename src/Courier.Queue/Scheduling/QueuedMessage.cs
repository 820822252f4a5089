using Courier.IO.Files;

namespace Courier.Queue.Scheduling;

/// <summary>A leased message in the scheduler's memory, until each of its leased recipients has come to something.</summary>
internal sealed class QueuedMessage(QueueId id, Envelope envelope, DateTimeOffset arrival, IReadOnlyList<QueuedRecipient> recipients)
{
    /// <summary>What is left to do.</summary>
    internal enum Progress
    {
        /// <summary>Recipients that wait, or an attempt that may soon be over.</summary>
        Some,

        /// <summary>From now on nothing but slow attempts.</summary>
        OnlySlow,

        /// <summary>Nothing.</summary>
        Done,

        /// <summary>Nothing, and before that it was <see cref="OnlySlow"/>.</summary>
        DoneParked,
    }

    private readonly Lock _gate = new();
    private int _unsettled = recipients.Count;
    private int _slow;
    private bool _isParked;

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

    /// <returns>True for the call after which only slow attempts are left.</returns>
    internal bool Slow(int recipients)
    {
        lock (_gate)
        {
            _slow += recipients;
            return TurnsParked();
        }
    }

    /// <returns>What the call came to: the last two come once, and one of them at the last recipient.</returns>
    internal Progress Settle(int recipients, bool wereSlow)
    {
        lock (_gate)
        {
            _unsettled -= recipients;
            if (wereSlow)
                _slow -= recipients;
            if (_unsettled == 0)
                return _isParked ? Progress.DoneParked : Progress.Done;
            return TurnsParked() ? Progress.OnlySlow : Progress.Some;
        }
    }

    private bool TurnsParked()
    {
        if (_isParked || _slow < _unsettled)
            return false;
        return _isParked = true;
    }
}

/// <summary>The recipients of one message that go to one destination in one attempt.</summary>
internal sealed record Delivery(QueuedMessage Message, IReadOnlyList<QueuedRecipient> Recipients, IDeliveryAgent Agent, string Destination);
