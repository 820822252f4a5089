using System.Globalization;
using Courier.IO.Files;
using Courier.Queue.History;

namespace Courier.Queue.Scheduling;

/// <content>How messages come in: into memory where there is room and nobody waits before them, else into the spool alone.</content>
public sealed partial class Scheduler
{
    /// <summary>Makes a message durable and takes it on. When it throws, nothing was accepted.</summary>
    public async ValueTask<QueueId> SubmitAsync(Submission submission, CancellationToken ct)
    {
        var length = submission.Body.Length;
        var id = await QueueAsync(submission, ct);
        if (_history is { } history)
            history.Add(id, HistoryEvent.Queued, "", Describe(submission, length));
        return id;
    }

    private static string Describe(Submission submission, long length)
    {
        var recipients = submission.Envelope.Recipients;
        var others = recipients.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" and {recipients.Count - 1} more") : "";
        return string.Create(CultureInfo.InvariantCulture, $"from <{submission.Envelope.Sender}> for {recipients[0].Address}{others}, {length} bytes, by {submission.Origin}");
    }

    private async ValueTask<QueueId> QueueAsync(Submission submission, CancellationToken ct)
    {
        if (_settings.SubmitDelay > TimeSpan.Zero)
            return await _spool.SubmitAsync(submission with { Delay = _settings.SubmitDelay }, ct);
        if (submission.Envelope.HoldUntil is not null)
            return await _spool.SubmitAsync(submission, ct);
        var isExtra = false;
        if (!_running || !_memory.TryAdmit(submission.Envelope.Sender, out isExtra))
            return await _spool.SubmitAsync(submission, ct);

        // Asked before the spool takes the body over: a file is no longer the buffer's then.
        var isInMemory = submission.Body.FilePath is null;
        QueueId id;
        try
        {
            id = await _spool.SubmitLeasedAsync(submission, ct);
        }
        catch
        {
            _memory.TakeBack(submission.Envelope.Sender, isExtra);
            throw;
        }

        Admit(Fresh(id, submission, isInMemory, isExtra));
        return id;
    }

    private QueuedMessage Fresh(QueueId id, Submission submission, bool isInMemory, bool isExtra)
    {
        var recipients = submission.Envelope.Recipients.Select((recipient, number) => new QueuedRecipient(number, recipient, 0, default, null, null));
        var now = _clock.GetUtcNow();
        // A body in a file is opened where the spool keeps it.
        var length = isInMemory ? submission.Body.Length : 0;
        if (!isInMemory || !_memory.TryTakeBodyBytes(length))
            return new QueuedMessage(id, submission.Envelope, now, [.. recipients]) { IsExtra = isExtra, Origin = submission.Origin };

        // The caller's buffer is gone when we return; a copy costs less than reading it back.
        return new QueuedMessage(id, submission.Envelope, now, [.. recipients])
        {
            Content = (submission.Trace.ToArray(), MessageBody.OfBytes(submission.Body.Memory.ToArray())),
            BytesInMemory = length,
            IsExtra = isExtra,
            Origin = submission.Origin,
        };
    }
}
