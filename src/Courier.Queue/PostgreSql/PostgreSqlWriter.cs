using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Courier.Queue.PostgreSql;

/// <summary>Sends the changes of this node. Whatever waits when it comes round is one transaction: one commit, one sync of the database's log, and two
/// round trips however many they are (group commit).</summary>
/// <remarks>As the writer of the other driver: a change that fails is taken out and the rest begins again; when the commit fails, all of the
/// batch fail and nothing is acknowledged.</remarks>
internal sealed class PostgreSqlWriter : IAsyncDisposable
{
    private readonly PostgreSqlDatabase _database;
    private readonly PostgreSqlSpoolSettings _settings;
    private readonly Func<NodeIdentity> _node;
    private readonly ILogger _logger;
    private readonly Channel<PostgreSqlWork> _waiting;
    private readonly Task _running;

    internal PostgreSqlWriter(PostgreSqlDatabase database, PostgreSqlSpoolSettings settings, Func<NodeIdentity> node, ILogger logger)
    {
        (_database, _settings, _node, _logger) = (database, settings, node, logger);
        _waiting = Channel.CreateBounded<PostgreSqlWork>(new BoundedChannelOptions(settings.PendingOperations) { SingleReader = true });
        _running = Task.Run(RunAsync);
    }

    /// <summary>Commits so far.</summary>
    internal long Commits { get; private set; }

    /// <summary>Changes committed so far; more than <see cref="Commits"/> where callers shared.</summary>
    internal long Operations { get; private set; }

    /// <summary>Waits for room only; once taken in, the change runs to its end whatever the caller does meanwhile.</summary>
    internal async Task RunAsync(PostgreSqlWork work, CancellationToken ct)
    {
        try
        {
            await _waiting.Writer.WriteAsync(work, ct);
        }
        catch (ChannelClosedException e)
        {
            throw new IOException("The spool is closed.", e);
        }

        await work.Done;
    }

    /// <summary>Commits what waits, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _running;
    }

    private async Task RunAsync()
    {
        var batch = new List<PostgreSqlWork>(_settings.OperationsPerCommit);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            var bytes = 0;
            while (batch.Count < _settings.OperationsPerCommit && bytes < _settings.BytesPerCommit && _waiting.Reader.TryRead(out var work))
            {
                batch.Add(work);
                bytes += work.Bytes;
            }

            try
            {
                await CommitAsync(batch);
            }
            catch (Exception e)
            {
                // A fault of ours. Nobody may wait for an answer that does not come, and the next batch has its own chance.
                Log.WriterFault(_logger, e);
                batch.ForEach(work => work.Fail(e));
            }

            batch.Clear();
        }
    }

    private async Task CommitAsync(List<PostgreSqlWork> batch)
    {
        while (batch.Count > 0)
        {
            var culprit = new Culprit();
            try
            {
                await _database.InTransactionAsync(connection => ApplyAsync(connection, batch, culprit), CancellationToken.None);
            }
            catch (IOException e) when (culprit.Work is { } work && e.InnerException is PostgresException refused && !IsOfTheServer(refused))
            {
                Log.ChangeFailed(_logger, e);
                batch.Remove(work);
                work.Fail(e);
                continue;
            }
            catch (IOException e)
            {
                Log.CommitFailed(_logger, batch.Count, e);
                batch.ForEach(work => work.Fail(e));
                return;
            }

            Commits++;
            Operations += batch.Count;
            QueueMetrics.CommitSize.Record(batch.Count);
            batch.ForEach(work => work.Commit());
            return;
        }
    }

    private async Task<bool> ApplyAsync(NpgsqlConnection connection, List<PostgreSqlWork> works, Culprit culprit)
    {
        var node = _node();
        culprit.Work = null;
        await using var batch = connection.CreateBatch();
        var owners = new Dictionary<NpgsqlBatchCommand, PostgreSqlWork>();
        PostgreSqlStatements.AddStandBy(batch, node.Id);
        foreach (var work in works)
        {
            var from = batch.BatchCommands.Count;
            work.AddTo(batch, node);
            for (; from < batch.BatchCommands.Count; from++)
                owners[batch.BatchCommands[from]] = work;
        }

        try
        {
            await using var reader = await batch.ExecuteReaderAsync();
            await reader.NextResultAsync();
            foreach (var work in works)
                await work.ReadAsync(reader);
            while (await reader.NextResultAsync())
            {
            }
        }
        catch (PostgresException e) when (e.BatchCommand is NpgsqlBatchCommand command)
        {
            culprit.Work = owners.GetValueOrDefault(command);
            throw;
        }

        return true;
    }

    /// <summary>Appendix A of PostgreSQL's manual: classes that speak of the server or the connection, not of a statement.</summary>
    private static bool IsOfTheServer(PostgresException e) => e.SqlState[..2] is "08" or "25" or "40" or "53" or "55" or "57" or "58" or "XX";

    private sealed class Culprit
    {
        internal PostgreSqlWork? Work { get; set; }
    }
}
