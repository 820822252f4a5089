namespace Courier.Queue.PostgreSql;

/// <summary>Gives queue ids out of blocks of a sequence: each node has blocks of its own, so nobody waits for another.</summary>
internal sealed class PostgreSqlIds(PostgreSqlDatabase database) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private long _next;
    private long _end;

    internal async ValueTask<QueueId> NextAsync(CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            if (_next == _end)
            {
                _next = await database.RunAsync(
                    async connection =>
                    {
                        await using var batch = connection.CreateBatch();
                        batch.Add("SELECT nextval('message_id')");
                        return (long)(await batch.ExecuteScalarAsync(ct))!;
                    },
                    ct);
                _end = _next + PostgreSqlSchema.IdBlock;
            }

            return new QueueId(_next++);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
