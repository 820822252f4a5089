namespace Courier.Hosting;

/// <summary>The threads of the pool, made as a service starts, and kept: there are never others.</summary>
/// <remarks>.NET needs a pipe, two descriptors, to make a thread, and the pool does not expect that there may be none: the process would end with "Out of memory."
/// where it had nothing worse to do than to refuse (10.0.12). That they stay is said in Courier.csproj.</remarks>
internal static class Workers
{
    /// <summary>Listings, opens and syncs block: with as many threads as cores one slow disk would stop every session.</summary>
    private const int Usual = 16;

    /// <summary>When more than the usual block for half a second, further ones begin to work, up to so many.</summary>
    private const int Most = 64;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    internal static void Begin()
    {
        ThreadPool.GetMinThreads(out _, out var ports);
        ThreadPool.SetMinThreads(Most, ports);
        var start = new CountdownEvent(Most - 1);      // this thread may be one of them
        var end = new ManualResetEventSlim();
        for (var i = 0; i < Most - 1; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    start.Signal();
                    end.Wait();
                },
                null);
        }

        start.Wait(_patience);
        end.Set();
        // So many run at once again as before; the others are there.
        ThreadPool.SetMinThreads(Usual, ports);
        ThreadPool.GetMaxThreads(out _, out var portsMost);
        ThreadPool.SetMaxThreads(Usual, portsMost);
        ThreadPool.SetMaxThreads(Most, portsMost);
    }
}
