using Courier.IO.Platform;

namespace Courier.Hosting;

/// <summary>Gives memory back to the system when the server has nothing to do. The runtime keeps what its heap grew to under load until
/// a collection has a reason to come; an idle server never gives it one. The same goes for the C library and what the compiler took
/// from it.</summary>
internal sealed class IdleMemory : IDisposable
{
    private static readonly TimeSpan _period = TimeSpan.FromSeconds(2);

    /// <summary>What timers and keep-alives allocate in one period without anybody being served.</summary>
    private const long QuietBytes = 512 * 1024;

    /// <summary>Less than this since the last time is not worth a collection.</summary>
    private const long WorthwhileBytes = 1024 * 1024;

    private readonly ITimer _timer;
    private long _before;
    private long _collectedAt;

    internal IdleMemory(TimeProvider clock) => _timer = clock.CreateTimer(_ => Look(), null, _period, _period);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        var isQuiet = allocated - _before < QuietBytes;
        _before = allocated;
        if (!isQuiet || allocated - _collectedAt < WorthwhileBytes)
            return;
        _collectedAt = allocated;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.Trim();
    }
}
