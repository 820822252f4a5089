using Npgsql;

namespace Courier.Queue.PostgreSql;

/// <summary>What the statements of one transaction need to know of the node: who it is, and how it is called.</summary>
internal readonly record struct NodeIdentity(long Id, string Name);

/// <summary>One change that waits for the writer. Its statements may be sent more than once: when another change of the same batch fails, the batch
/// is rolled back and begun again without it.</summary>
internal abstract class PostgreSqlWork(int bytes)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Bytes { get; } = bytes;

    internal Task Done => _done.Task;

    internal abstract void AddTo(NpgsqlBatch batch, NodeIdentity node);

    /// <summary>Takes the answers of its own statements that answer with rows, and stands on the next one's then.</summary>
    internal virtual Task ReadAsync(NpgsqlDataReader reader) => Task.CompletedTask;

    internal void Commit()
    {
        try
        {
            Committed();
            _done.TrySetResult();
        }
        catch (IOException e)
        {
            _done.TrySetException(e);
        }
    }

    internal void Fail(Exception failure)
    {
        Failed(failure);
        _done.TrySetException(failure as IOException ?? new IOException("The spool could not store the change: " + failure.Message, failure));
    }

    protected virtual void Committed()
    {
    }

    protected virtual void Failed(Exception failure)
    {
    }
}

/// <summary>Takes a message in; with a lease for this node where one is wanted.</summary>
internal sealed class InsertWork(QueueId id, Submission submission, long arrival, bool isLeased, bool isInline, Action<bool> ended)
    : PostgreSqlWork(isInline ? (int)submission.Body.Length : 0)
{
    internal override void AddTo(NpgsqlBatch batch, NodeIdentity node) =>
        PostgreSqlStatements.AddInsert(batch, id, submission, arrival, isInline, isLeased ? node.Id : null);

    protected override void Committed() => ended(true);

    protected override void Failed(Exception failure)
    {
        if (failure is CommitInDoubtException)
            ended(false);
    }
}

/// <summary>Records what became of recipients, with the reports that it causes.</summary>
internal sealed class CompleteWork(IReadOnlyList<RecipientUpdate> updates, IReadOnlyList<(QueueId Id, Submission Submission, bool IsInline)> reports, long arrival, Action<CompleteWork> committed)
    : PostgreSqlWork((int)reports.Sum(report => report.IsInline ? report.Submission.Body.Length : 0))
{
    private readonly long[] _messages = [.. updates.Select(update => update.Id.Value).Distinct().Order()];

    /// <summary>As they are recorded: of a recipient named twice the first counts.</summary>
    internal IReadOnlyList<RecipientUpdate> Updates { get; } = [.. updates.DistinctBy(update => (update.Id, update.Recipient))];

    internal List<QueueId> Reported { get; } = [];

    internal List<QueueId> Forgotten { get; } = [];

    internal override void AddTo(NpgsqlBatch batch, NodeIdentity node)
    {
        PostgreSqlStatements.AddLock(batch, _messages);
        foreach (var (id, submission, isInline) in reports)
            PostgreSqlStatements.AddReport(batch, id, submission, arrival, isInline, Updates, node.Id);
        PostgreSqlStatements.AddUpdate(batch, Updates, node.Id);
        PostgreSqlStatements.AddForgetFinished(batch, _messages);
    }

    internal override async Task ReadAsync(NpgsqlDataReader reader)
    {
        Reported.Clear();
        Forgotten.Clear();
        await reader.NextResultAsync();
        for (var report = 0; report < reports.Count; report++)
            await TakeAsync(reader, Reported);
        await TakeAsync(reader, Forgotten);
    }

    protected override void Committed() => committed(this);

    private static async Task TakeAsync(NpgsqlDataReader reader, List<QueueId> ids)
    {
        while (await reader.ReadAsync())
            ids.Add(new QueueId(reader.GetInt64(0)));
        await reader.NextResultAsync();
    }
}

/// <summary>Commits that copies lie in staging on this node's disk.</summary>
internal sealed class MarkStagedWork(IReadOnlyList<StagedCopy> copies) : PostgreSqlWork(0)
{
    private long _lost;

    internal override void AddTo(NpgsqlBatch batch, NodeIdentity node) => PostgreSqlStatements.AddMarkStaged(batch, copies, node.Name, node.Id);

    internal override async Task ReadAsync(NpgsqlDataReader reader)
    {
        _lost = await reader.ReadAsync() ? reader.GetInt64(0) : 0;
        await reader.NextResultAsync();
    }

    /// <summary>What another node may have leased by now must not be published here as well.</summary>
    protected override void Committed()
    {
        if (_lost > 0)
            throw new IOException("The lease on a recipient has ended: another node has it, or will");
    }
}
