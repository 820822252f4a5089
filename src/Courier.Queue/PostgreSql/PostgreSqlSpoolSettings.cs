namespace Courier.Queue.PostgreSql;

/// <summary>Which database holds the queue, and as whom this server works on it.</summary>
public sealed record PostgreSqlSpoolSettings
{
    /// <summary>Npgsql's form, as <c>Host=db.example.org;Database=courier;Username=courier</c>; the password apart.</summary>
    public required string Connection { get; init; }

    /// <summary>File whose first line is the password; null: none, or the connection's Passfile.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>This server among those that share the queue: no other may have the name.</summary>
    public required string Node { get; init; }

    /// <summary>Directory of this server's own files.</summary>
    public required string State { get; init; }

    /// <summary>Copies of large bodies while they are in hand. Message buffers spill here: what lies here was promised to nobody, and goes at the start.</summary>
    public string BodyDirectory => Path.Combine(State, "bodies");

    /// <summary>What a node has leased is free for others when it has said nothing for so long.</summary>
    /// <remarks>Long enough for a restart of the database in between: a lease is renewed at each third of it.</remarks>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The schema of the tables.</summary>
    public string Schema { get; init; } = "courier_queue";

    /// <summary>Bodies up to this size stand in the row of their message and share its commit; larger ones are chunks.</summary>
    /// <remarks>Measured in docs/adr/0008.</remarks>
    public int InlineLimitBytes { get; init; } = 128 * 1024;

    /// <summary>Bytes of one chunk: what either side keeps in memory of a large body.</summary>
    public int ChunkBytes { get; init; } = 256 * 1024;

    /// <summary>Changes that share one commit at most.</summary>
    public int OperationsPerCommit { get; init; } = 256;

    /// <summary>Body bytes that share one commit at most.</summary>
    public int BytesPerCommit { get; init; } = 8 * 1024 * 1024;

    /// <summary>Changes that wait for the writer; further callers wait for room (back-pressure).</summary>
    public int PendingOperations { get; init; } = 1024;

    /// <summary>Large bodies on their way into the database at once.</summary>
    public int LargeBodiesAtOnce { get; init; } = 4;

    /// <summary>Connections of this node at most.</summary>
    public int Connections { get; init; } = 12;
}
