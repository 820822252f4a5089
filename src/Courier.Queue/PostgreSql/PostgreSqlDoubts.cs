namespace Courier.Queue.PostgreSql;

/// <summary>Recipients that the rows may say are leased to this node while nobody here works under that lease: the answer of the commit was lost, or an earlier
/// attempt has not ended yet. Those leases are given back.</summary>
internal sealed class PostgreSqlDoubts
{
    private readonly Lock _gate = new();
    private readonly HashSet<(long Message, int Recipient)> _leases = [];

    internal void Add(QueueId id, IEnumerable<int> recipients)
    {
        lock (_gate)
            _leases.UnionWith(recipients.Select(recipient => (id.Value, recipient)));
    }

    internal void Remove(QueueId id, IEnumerable<int> recipients)
    {
        lock (_gate)
        {
            if (_leases.Count > 0)
                _leases.ExceptWith(recipients.Select(recipient => (id.Value, recipient)));
        }
    }

    /// <returns>Whether anything became free.</returns>
    internal async Task<bool> SettleAsync(PostgreSqlDatabase database, long node)
    {
        (long Message, int Recipient)[] leases;
        lock (_gate)
            leases = [.. _leases];
        if (leases.Length == 0)
            return false;
        var freed = await database.RunAsync(
            async connection =>
            {
                await using var batch = connection.CreateBatch();
                batch.Add("UPDATE recipient r SET node = NULL FROM unnest($1::bigint[], $2::integer[]) AS u(message, number) WHERE r.message = u.message AND r.number = u.number AND r.node = $3")
                    .With([.. leases.Select(lease => lease.Message)])
                    .With([.. leases.Select(lease => lease.Recipient)])
                    .With(node);
                return await batch.ExecuteNonQueryAsync();
            },
            CancellationToken.None);
        lock (_gate)
            _leases.ExceptWith(leases);
        return freed > 0;
    }
}
