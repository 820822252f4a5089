using Courier.Mail.Addresses;

namespace Courier.Queue.Scheduling;

/// <summary>How many messages of each sender are in memory. When memory is full with the mail of one, a few places of their own are left for all others:
/// their messages go straight to their first attempt, past those that wait in the spool.</summary>
internal sealed class SenderShares(int messagesInMemory)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ReversePath, int> _inMemory = [];
    private int _extra;

    /// <summary>Places beyond those for everybody.</summary>
    internal int Places { get; } = Math.Max(1, messagesInMemory / 8);

    /// <summary>Who has more than this is no longer somebody who sends one message.</summary>
    private int ModestShare { get; } = Math.Max(1, messagesInMemory / 256);

    internal void Add(ReversePath sender)
    {
        lock (_gate)
            _inMemory[sender] = _inMemory.GetValueOrDefault(sender) + 1;
    }

    internal void Remove(ReversePath sender, bool wasExtra)
    {
        lock (_gate)
        {
            if (wasExtra)
                _extra--;
            if (_inMemory.GetValueOrDefault(sender) is var count and > 1)
                _inMemory[sender] = count - 1;
            else
                _inMemory.Remove(sender);
        }
    }

    /// <summary>Takes one of the extra places for a sender who has few messages in memory; counted at once, so that many
    /// who come together do not each seem to be the first. <see cref="Remove"/> frees it.</summary>
    internal bool TryTakeExtra(ReversePath sender)
    {
        lock (_gate)
        {
            if (_extra >= Places || _inMemory.GetValueOrDefault(sender) >= ModestShare)
                return false;
            _extra++;
            _inMemory[sender] = _inMemory.GetValueOrDefault(sender) + 1;
            return true;
        }
    }
}
