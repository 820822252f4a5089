namespace Courier.Queue.PostgreSql;

/// <content>What this node has in hand: it takes leases, gives them back, and loses them to commands and to its own silence.</content>
public sealed partial class PostgreSqlSpool
{
    private static readonly TimeSpan _soon = TimeSpan.FromMilliseconds(200);

    public bool IsLeased(QueueId id, int recipient) => _node is { Stands: true } && _leases.Stands(id, recipient);

    public async ValueTask RelinquishAsync(QueueId id, IReadOnlyList<int> recipients, CancellationToken ct)
    {
        if (!_leases.Relinquish(id, recipients))
            return;
        await _database.RunAsync(
            async connection =>
            {
                await using var batch = connection.CreateBatch();
                batch.Add("UPDATE recipient SET node = NULL WHERE message = $1 AND number = ANY($2) AND node = $3").With(id.Value).With([.. recipients]).With(Identity.Id);
                return await batch.ExecuteNonQueryAsync(ct);
            },
            ct);
        ForgetCopy(id);
        Disturbed?.Invoke();
    }

    public async ValueTask<IReadOnlyList<QueueEntry>> LeaseDueAsync(DateTimeOffset now, int most, CancellationToken ct)
    {
        var node = Node.Identity;
        if (!Node.Stands)
            throw new IOException($"The lease of this node on the queue in {_database.Name} has ended");
        var first = _stagedAtStart.Take(most).ToList();
        List<QueueEntry> entries = [];
        await _leasing.WaitAsync(ct);
        try
        {
            _ = await _database.InTransactionAsync(
                async connection => entries = await PostgreSqlLeasing.LeaseAsync(connection, node, first, SpoolColumns.ToColumn(now), most, ct), ct);
            _stagedAtStart = new(_stagedAtStart.Skip(first.Count));
            return Take(entries);
        }
        catch (CommitInDoubtException)
        {
            entries.ForEach(entry => _doubts.Add(entry.Id, entry.Recipients.Select(recipient => recipient.Number)));
            throw;
        }
        finally
        {
            _leasing.Release();
        }
    }

    /// <summary>An attempt whose lease ended before it did may still run here: what it works on is given back, and leased when it has ended.</summary>
    private List<QueueEntry> Take(List<QueueEntry> entries)
    {
        var taken = entries.ConvertAll(entry => entry with { Recipients = [.. entry.Recipients.Where(recipient => _leases.TryTake(entry.Id, recipient.Number))] });
        var isAny = false;
        for (var at = 0; at < entries.Count; at++)
        {
            _doubts.Remove(taken[at].Id, taken[at].Recipients.Select(recipient => recipient.Number));
            if (taken[at].Recipients.Count == entries[at].Recipients.Count)
                continue;
            isAny = true;
            _doubts.Add(entries[at].Id, entries[at].Recipients.Except(taken[at].Recipients).Select(recipient => recipient.Number));
        }

        if (isAny)
            _ = LookAgainAsync();
        taken.RemoveAll(entry => entry.Recipients.Count == 0);
        return taken;
    }

    public async ValueTask<DateTimeOffset?> NextDueAsync(CancellationToken ct) =>
        await _database.RunAsync(connection => PostgreSqlLeasing.NextDueAsync(connection, _settings.Node, ct), ct) is { } next ? SpoolColumns.FromColumn(next) : null;

    /// <summary>After a command: leases on messages that are gone, and those on recipients held, cancelled or rerouted are taken away.</summary>
    private async Task ReviewLeasesAsync(CancellationToken ct)
    {
        // Before the rows are read: a lease that comes later is not judged by them.
        var leased = _leases.Messages();
        var rows = await _database.RunAsync(connection => PostgreSqlChanges.LeasedAsync(connection, Identity.Id, ct), ct);
        foreach (var id in leased)
        {
            if (!rows.Messages.Contains(id))
                _leases.RevokeAll(id);
        }

        foreach (var (id, recipient) in rows.TakenAway)
            _leases.Revoke(id, recipient);
    }

    private async Task HearAsync()
    {
        try
        {
            await ReviewLeasesAsync(CancellationToken.None);
            Disturbed?.Invoke();
        }
        catch (IOException e)
        {
            Log.NotWatched(_logger, e.Message);
        }
    }

    /// <summary>Once a renewal: what another node left, or cannot take for lack of memory, is work for this one. And what a lost answer left in doubt is freed.</summary>
    private async Task LookAsync()
    {
        try
        {
            if (await SettleDoubtsAsync() | await NextDueAsync(CancellationToken.None) <= _clock.GetUtcNow())
                Disturbed?.Invoke();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Log.NodeUnreachable(_logger, e.Message);
        }
    }

    private async Task LookAgainAsync()
    {
        await Task.Delay(_soon, TimeProvider.System);
        await LookAsync();
    }

    /// <summary>Not while something is leased: what is given back must not be what was taken again meanwhile.</summary>
    private async Task<bool> SettleDoubtsAsync()
    {
        await _leasing.WaitAsync();
        try
        {
            return await _doubts.SettleAsync(_database, Identity.Id);
        }
        finally
        {
            _leasing.Release();
        }
    }
}
