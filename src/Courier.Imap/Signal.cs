namespace Courier.Imap;

/// <summary>Wakes the one who waits; any number of sets before that wake it once.</summary>
internal sealed class Signal
{
    private volatile TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Set() => _source.TrySetResult();

    public Task WaitAsync() => _source.Task;

    public void Reset() => _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
