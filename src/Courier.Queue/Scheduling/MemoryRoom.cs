using Courier.Mail.Addresses;

namespace Courier.Queue.Scheduling;

/// <summary>How much of the queue is in memory: messages, with a few more places for senders of few, and bytes of bodies. Thread-safe.</summary>
/// <remarks>A message of which nothing is left but slow attempts (<see cref="AttemptLanes"/>) gives its place up: mail for servers that hang cannot fill
/// the places. There are never more of those than slow attempts.</remarks>
/// <param name="settings">How many places.</param>
/// <param name="wake">Called when there is room again for many that wait in the spool.</param>
internal sealed class MemoryRoom(ScheduleSettings settings, Action wake)
{
    private readonly SenderShares _shares = new(settings.MessagesInMemory);
    private int _taken;
    private int _parked;
    private long _bodyBytes;
    private volatile bool _isShort;

    /// <summary>Messages in memory.</summary>
    internal int Count => Volatile.Read(ref _taken) + Volatile.Read(ref _parked);

    /// <summary>Messages that may wait to be routed: those have places, and give them up only later.</summary>
    internal int Most => settings.MessagesInMemory + _shares.Places;

    /// <summary>What the spool holds has to wait for a place.</summary>
    internal bool IsShort => _isShort;

    /// <returns>How many places were free, at most as many as asked for.</returns>
    internal int Reserve(int wanted)
    {
        while (true)
        {
            var taken = Volatile.Read(ref _taken);
            var grant = Math.Min(wanted, settings.MessagesInMemory - taken);
            if (grant <= 0)
                return 0;
            if (Interlocked.CompareExchange(ref _taken, taken + grant, taken) == taken)
                return grant;
        }
    }

    /// <summary>Gives back what <see cref="Reserve"/> gave.</summary>
    internal void Release(int places)
    {
        Interlocked.Add(ref _taken, -places);
        WakeIfShort();
    }

    /// <summary>Whether a message that was just handed in may stay in memory. While others wait in the spool for a place, nobody overtakes them but senders
    /// of few messages.</summary>
    /// <param name="sender">Whose it is.</param>
    /// <param name="isExtra">It has one of the places for those.</param>
    internal bool TryAdmit(ReversePath sender, out bool isExtra)
    {
        isExtra = false;
        if (!_isShort && Reserve(1) == 1)
        {
            _shares.Add(sender);
            return true;
        }

        _isShort = true;
        return isExtra = _shares.TryTakeExtra(sender);
    }

    /// <summary>Takes back what <see cref="TryAdmit"/> gave: the message was not accepted.</summary>
    internal void TakeBack(ReversePath sender, bool isExtra)
    {
        _shares.Remove(sender, isExtra);
        if (!isExtra)
            Release(1);
    }

    /// <summary>For one leased from the spool, for which there is a place.</summary>
    internal void Enter(ReversePath sender) => _shares.Add(sender);

    /// <summary>So many recipients of a message are in a slow attempt.</summary>
    internal void Slowed(QueuedMessage message, int recipients)
    {
        if (message.Slow(recipients))
            Park(message);
    }

    /// <summary>So many recipients of a message have come to something.</summary>
    internal void Settled(QueuedMessage message, int recipients, bool wereSlow = false)
    {
        switch (message.Settle(recipients, wereSlow))
        {
            case QueuedMessage.Progress.OnlySlow:
                Park(message);
                break;
            case QueuedMessage.Progress.DoneParked:
                Interlocked.Add(ref _bodyBytes, -message.BytesInMemory);
                Interlocked.Decrement(ref _parked);
                break;
            case QueuedMessage.Progress.Done:
                Interlocked.Add(ref _bodyBytes, -message.BytesInMemory);
                TakeBack(message.Envelope.Sender, message.IsExtra);
                break;
        }
    }

    internal bool TryTakeBodyBytes(long bytes)
    {
        if (Interlocked.Add(ref _bodyBytes, bytes) <= settings.BodyMemoryBytes)
            return true;
        Interlocked.Add(ref _bodyBytes, -bytes);
        return false;
    }

    /// <summary>The spool holds more than there is room for.</summary>
    internal void RunShort()
    {
        _isShort = true;
        // Release() lowers the count and then reads the flag; we set the flag and then read the count. Without the barrier
        // a processor may read before it has written, and with both sides seeing the old value nobody would wake.
        Interlocked.MemoryBarrier();
        WakeIfShort();
    }

    /// <summary>All that is due is in memory.</summary>
    internal void CatchUp() => _isShort = false;

    private void Park(QueuedMessage message)
    {
        Interlocked.Increment(ref _parked);
        TakeBack(message.Envelope.Sender, message.IsExtra);
    }

    /// <summary>When half of the places are free: a look into the spool should find room for many.</summary>
    private void WakeIfShort()
    {
        if (_isShort && Volatile.Read(ref _taken) <= settings.MessagesInMemory / 2)
            wake();
    }
}
