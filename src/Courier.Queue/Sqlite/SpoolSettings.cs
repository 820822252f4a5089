namespace Courier.Queue.Sqlite;

/// <summary>Where the spool lies and what it may cost.</summary>
public sealed record SpoolSettings
{
    /// <summary>Directory of <c>spool.db</c> and <c>spool/</c>.</summary>
    public required string Directory { get; init; }

    /// <summary>Bodies up to this size lie in the database, larger ones in files.</summary>
    /// <remarks>Measured on journalled ext4 with 20 submitters: a file costs two syncs of its own, and at 128 KiB inline is still twice
    /// as fast (docs/queue.md, "Figures").</remarks>
    public int InlineLimitBytes { get; init; } = 128 * 1024;

    /// <summary>Changes that share one commit at most: bounds how long the first of them waits for the last.</summary>
    public int OperationsPerCommit { get; init; } = 256;

    /// <summary>Body bytes that share one commit at most: 8 MiB are some 20 ms of disk.</summary>
    public int BytesPerCommit { get; init; } = 8 * 1024 * 1024;

    /// <summary>Changes that wait for the writer; further callers wait for room (back-pressure).</summary>
    public int PendingOperations { get; init; } = 1024;

    /// <summary>Pages of the write-ahead log after which it is copied into the database. Pages of delivered messages are used
    /// again, so a long log copies few pages; docs/queue.md has the figures.</summary>
    public int CheckpointPages { get; init; } = 4096;

    /// <summary>How much of the log is written ahead at a time (<see cref="LogRoom"/>).</summary>
    public int LogStepBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Page size of a new database.</summary>
    /// <remarks>Measured with 10 KB messages: a third faster than 4 KiB, and 16 KiB is no better (docs/queue.md, "Figures").</remarks>
    public int PageSizeBytes { get; init; } = 8192;

    /// <summary>Page cache of each connection.</summary>
    public int CacheBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Without a change for so long, connections let go of their pages.</summary>
    public TimeSpan RestsAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Reads at once.</summary>
    public int ReadConnections { get; init; } = 2;

    public string DatabasePath => Path.Combine(Directory, "spool.db");

    /// <summary>Large bodies. Message buffers that spill should spill here: handing over is then only a sync.</summary>
    public string BodyDirectory => Path.Combine(Directory, "spool");
}
