namespace Courier.Net;

/// <summary>The time limit of a session's waits: one timer for all of them, so that a limit per command costs no allocation.
/// The token also fires when the server stops.</summary>
public sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _stopping;

    public Deadline(CancellationToken stopping)
    {
        _stopping = stopping;
        _source = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>True when the time ran out, false when the server stops.</summary>
    public bool Expired => _source.IsCancellationRequested && !_stopping.IsCancellationRequested;

    /// <summary>From now on <paramref name="limit"/> is left.</summary>
    public void Set(TimeSpan limit) => _source.CancelAfter(limit);

    public void Clear() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose() => _source.Dispose();
}
