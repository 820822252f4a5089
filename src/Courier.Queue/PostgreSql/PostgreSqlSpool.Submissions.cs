namespace Courier.Queue.PostgreSql;

/// <content>How messages come in, and changes with bodies too large for a transaction that others share.</content>
public sealed partial class PostgreSqlSpool
{
    private async ValueTask<QueueId> SubmitAsync(Submission submission, bool isLeased, CancellationToken ct)
    {
        if (isLeased && !Node.Stands)
            throw new IOException($"The lease of this node on the queue in {_database.Name} has ended");
        ct.ThrowIfCancellationRequested();
        var id = await _ids.NextAsync(ct);
        var recipients = submission.Envelope.Recipients.Count;
        var (length, isInline) = (submission.Body.Length, IsInline(submission));
        var work = new InsertWork(id, submission, Now, isLeased, isInline, isCommitted =>
        {
            if (!isCommitted)
                _doubts.Add(id, Enumerable.Range(0, recipients));
            else if (isLeased)
                _leases.Take(id, recipients);
        });
        if (isInline)
            await _writer.RunAsync(work, ct);
        else
            await RunLargeAsync(work, [(id, submission)], ct);
        Count(1);
        QueueMetrics.Accepted.Add(1);
        Log.Queued(_logger, id, submission.Envelope.Sender.ToString(), recipients, length, submission.Origin);
        if (!isLeased)
            await AnnounceAcceptedAsync();
        return id;
    }

    /// <summary>A change with a large body has a transaction of its own: it would hold up the others.</summary>
    private async Task RunLargeAsync(PostgreSqlWork work, IEnumerable<(QueueId Id, Submission Submission)> bodies, CancellationToken ct)
    {
        await _largeBodies.WaitAsync(ct);
        try
        {
            await _database.InTransactionAsync(
                async connection =>
                {
                    var node = Identity;
                    await using (var batch = connection.CreateBatch())
                    {
                        PostgreSqlStatements.AddStandBy(batch, node.Id);
                        work.AddTo(batch, node);
                        await using var reader = await batch.ExecuteReaderAsync();
                        await reader.NextResultAsync();
                        await work.ReadAsync(reader);
                    }

                    foreach (var (id, submission) in bodies)
                        await _bodies.StoreAsync(connection, id, submission.Body);
                    return true;
                },
                CancellationToken.None);
        }
        catch (IOException e)
        {
            work.Fail(e);
        }
        finally
        {
            _largeBodies.Release();
        }

        if (!work.Done.IsCompleted)
            work.Commit();
        await work.Done;
    }
}
