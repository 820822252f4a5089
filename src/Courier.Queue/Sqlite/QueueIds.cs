namespace Courier.Queue.Sqlite;

/// <summary>Gives queue ids: microseconds since 1970, and always more than the last. The highest id that may have been given
/// is stored ahead of time, in blocks, in the transaction of the message that needs the next block: after a restart with the
/// clock set back, numbering goes on above the block. One thread at a time.</summary>
internal sealed class QueueIds(TimeProvider clock, long highestStored)
{
    /// <summary>Ten seconds of ids: one extra row per ten seconds of acceptance, and at most so much of a jump per restart.</summary>
    internal const long Block = 10_000_000;

    private long _last = highestStored;
    private long _stored = highestStored;
    private long _pending = highestStored;

    /// <param name="store">Called with the end of the new block when it must be stored in the running transaction.</param>
    internal QueueId Next(Action<long> store)
    {
        var microseconds = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        _last = Math.Max(_last + 1, microseconds);
        if (_last > _pending)
        {
            _pending = _last + Block;
            store(_pending);
        }

        return new QueueId(_last);
    }

    internal void Committed() => _stored = _pending;

    internal void RolledBack() => _pending = _stored;
}
