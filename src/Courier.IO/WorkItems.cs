namespace Courier.IO;

/// <summary>Work for the thread pool that is cheaper to do than to wake a thread for: several pieces share a work item.</summary>
public static class WorkItems
{
    /// <summary>Pieces that share a work item: with some microseconds each, the last waits no longer than waking a thread takes.</summary>
    private const int Together = 8;

    /// <summary>Does <paramref name="action"/> with each of them on the pool, in turn within a work item. It must neither block nor throw.</summary>
    public static void Run<T>(IReadOnlyList<T> pieces, Action<T> action)
    {
        for (var first = 0; first < pieces.Count; first += Together)
        {
            var some = new T[Math.Min(Together, pieces.Count - first)];
            for (var i = 0; i < some.Length; i++)
                some[i] = pieces[first + i];
            ThreadPool.UnsafeQueueUserWorkItem(new WorkItem<T>(some, action), preferLocal: false);
        }
    }

    private sealed class WorkItem<T>(T[] pieces, Action<T> action) : IThreadPoolWorkItem
    {
        public void Execute() => Array.ForEach(pieces, action);
    }
}
