namespace Courier.Queue.Sqlite;

/// <summary>One change that waits for the writer. <see cref="Apply"/> may run more than once: when another change of the same
/// batch fails, the batch is rolled back and begun again without it.</summary>
internal abstract class SpoolWork(int bytes)
{
    internal int Bytes { get; } = bytes;

    internal abstract void Apply(SpoolTables tables);

    internal abstract void Committed();

    /// <param name="failure">Why.</param>
    /// <param name="inDoubt">The commit itself failed: after a crash the change may turn out to be there.</param>
    internal abstract void Failed(Exception failure, bool inDoubt);

    /// <summary>After either of these: the caller goes on, in here.</summary>
    internal abstract void Tell();
}

internal sealed class SpoolWork<T>(Func<SpoolTables, T> apply, Action<T>? committed = null, Action<bool>? failed = null, int bytes = 0) : SpoolWork(bytes)
{
    private readonly TaskCompletionSource<T> _done = new();
    private T? _result;
    private IOException? _failure;

    internal Task<T> Done => _done.Task;

    internal override void Apply(SpoolTables tables) => _result = apply(tables);

    internal override void Committed() => committed?.Invoke(_result!);

    internal override void Failed(Exception failure, bool inDoubt)
    {
        failed?.Invoke(inDoubt);
        _failure = failure as IOException ?? new IOException("The spool could not store the change: " + failure.Message, failure);
    }

    internal override void Tell() => _ = _failure is null ? _done.TrySetResult(_result!) : _done.TrySetException(_failure);
}
