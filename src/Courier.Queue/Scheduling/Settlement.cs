using Courier.Queue.History;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.Scheduling;

/// <summary>Makes one attempt and records what came of it: done, again later, or failed with a report in the same transaction.</summary>
/// <remarks>An outcome that cannot be recorded is kept and tried again until it can: the message has left, and forgetting that would
/// send it twice. While it waits the recipient stays leased.</remarks>
internal sealed class Settlement(ISpool spool, IBounceWriter bounces, ScheduleSettings settings, TimeProvider clock, ILogger logger, MessageHistory? history, TroubledRecipients trouble, ClockWatch watch, CancellationToken stop)
{
    private readonly Deadlines _deadlines = new(settings, clock, logger, watch);

    internal async Task<Feedback> AttemptAsync(Delivery delivery, Alarm alarm)
    {
        stop.ThrowIfCancellationRequested();
        var message = delivery.Message;
        // A command may have taken some away while they waited for their turn.
        var recipients = await StillLeasedAsync(message, delivery.Recipients);
        if (recipients.Count == 0 || await OpenAsync(message, recipients, delivery.Destination) is not { } job)
            return Feedback.None;
        Log.Attempting(logger, message.Id, recipients.Count, delivery.Destination);
        // RFC 2852 §4.1.4: past its time it is returned, not sent. A copy that is staged may be published already.
        var outcomes = job.Envelope.DeliverBy is { IsReturned: true } by && by.Time <= clock.GetUtcNow() && !recipients.Exists(static recipient => recipient.StagedPath is not null)
            ? [.. recipients.Select(static recipient => new RecipientOutcome(recipient.Number, OutcomeKind.Failed, "5.4.7", "The time that the sender set for delivery has passed"))]
            : await PerformAsync(delivery.Agent, job);
        await SettleAsync(job, recipients, outcomes, delivery.Agent.IsRemote, alarm);
        return FeedbackOf(outcomes);
    }

    /// <summary>RFC 3463: X.4 is about the network and the connection, X.3.2 a system that takes nothing now, X.7 what policy calls too much. A
    /// refusal of single recipients says nothing of the destination's strength.</summary>
    private static Feedback FeedbackOf(IReadOnlyList<RecipientOutcome> outcomes)
    {
        foreach (var outcome in outcomes)
        {
            var isOverload = outcome.Kind == OutcomeKind.Deferred && (outcome.Status.StartsWith("4.4.", StringComparison.Ordinal)
                || outcome.Status.StartsWith("4.7.", StringComparison.Ordinal) || outcome.Status is "4.3.2");
            if (!isOverload)
                return Feedback.Answered;
        }

        return outcomes.Count == 0 ? Feedback.None : Feedback.Overloaded;
    }

    private async ValueTask<List<QueuedRecipient>> StillLeasedAsync(QueuedMessage message, IReadOnlyList<QueuedRecipient> recipients)
    {
        var still = recipients.Where(recipient => spool.IsLeased(message.Id, recipient.Number)).ToList();
        if (still.Count < recipients.Count)
            await spool.RelinquishAsync(message.Id, [.. recipients.Except(still).Select(recipient => recipient.Number)], CancellationToken.None);
        return still;
    }

    /// <summary>For recipients that the router refused, could not find a way for, or holds.</summary>
    internal async Task WithoutAttemptAsync(QueuedMessage message, Routing routing, Alarm alarm)
    {
        if (routing.Settled.Count > 0)
        {
            var recipients = routing.Settled.ConvertAll(settled => settled.Recipient);
            if (await OpenAsync(message, recipients, "") is { } job)
                await SettleAsync(job, recipients, routing.Settled.ConvertAll(settled => settled.Outcome), isRemote: false, alarm);
        }

        if (routing.Held.Count == 0)
            return;
        await UntilStoredAsync(message.Id, () => spool.CompleteAsync(
            routing.Held.ConvertAll(held => new RecipientUpdate(message.Id, held.Recipient.Number, DateTimeOffset.MaxValue, held.Destination, IsAttempt: false)), [], CancellationToken.None));
        foreach (var (recipient, destination) in routing.Held)
        {
            Log.Held(logger, message.Id, recipient.Recipient.Address.ToString(), destination);
            history?.Add(message.Id, HistoryEvent.Held, recipient.Recipient.Address.ToString(), destination);
        }
    }

    /// <summary>After a fault of ours in the middle: whoever is still leased is let go, to be tried again.</summary>
    internal async Task LetGoAsync(QueuedMessage message, IEnumerable<QueuedRecipient> recipients, Exception fault, Alarm alarm)
    {
        Log.AttemptFault(logger, message.Id, "", fault);
        var again = clock.GetUtcNow() + settings.FirstRetry;
        var updates = recipients.Where(recipient => spool.IsLeased(message.Id, recipient.Number))
            .Select(recipient => new RecipientUpdate(message.Id, recipient.Number, again, "The attempt ended by a fault of ours")).ToList();
        if (updates.Count == 0)
            return;
        await UntilStoredAsync(message.Id, () => spool.CompleteAsync(updates, [], CancellationToken.None));
        alarm.SetFor(again);
    }

    /// <summary>Recipients whose turn did not come, in favour of others: they wait in the spool.</summary>
    internal async Task PutBackAsync(IReadOnlyList<Delivery> deliveries, Alarm alarm)
    {
        var again = clock.GetUtcNow() + settings.StalledWait;
        var updates = new List<RecipientUpdate>();
        foreach (var delivery in deliveries)
        {
            var still = await StillLeasedAsync(delivery.Message, delivery.Recipients);
            updates.AddRange(still.Select(recipient =>
                new RecipientUpdate(delivery.Message.Id, recipient.Number, again, $"Waits behind other mail: {delivery.Destination} does not answer", IsAttempt: false)));
        }

        if (updates.Count == 0)
            return;
        await UntilStoredAsync(deliveries[0].Message.Id, () => spool.CompleteAsync(updates, [], CancellationToken.None));
        alarm.SetFor(again);
    }

    internal TimeSpan StorageWait(int failures)
    {
        const int doublings = 16;
        var wait = settings.FirstStorageRetry * Math.Pow(2, Math.Min(failures, doublings));
        return wait < settings.LongestStorageRetry ? wait : settings.LongestStorageRetry;
    }

    private async Task<DeliveryJob?> OpenAsync(QueuedMessage message, List<QueuedRecipient> recipients, string destination)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                if ((message.Content ?? await spool.OpenAsync(message.Id, stop)) is not { } content)
                    return null;
                var jobRecipients = recipients.ConvertAll(recipient => new JobRecipient(recipient.Number, recipient.Recipient, recipient.StagedPath));
                return new DeliveryJob(message.Id, message.Envelope, jobRecipients, content.Trace, content.Body, message.Arrival, destination) { Origin = message.Origin };
            }
            catch (IOException e)
            {
                var wait = StorageWait(failures);
                Log.LeaseFailed(logger, wait, e);
                await Task.Delay(wait, clock, stop);
            }
        }
    }

    private async Task<IReadOnlyList<RecipientOutcome>> PerformAsync(IDeliveryAgent agent, DeliveryJob job)
    {
        using var timeout = new CancellationTokenSource(settings.AttemptTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop);
        try
        {
            return await agent.DeliverAsync(job, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return AllDeferred(job, "4.4.2", $"The attempt took longer than {settings.AttemptTimeout}");
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            // Whatever went wrong is ours: never a failure of theirs.
            Log.AttemptFault(logger, job.Id, job.Destination, e);
            return AllDeferred(job, "4.3.0", e is IOException ? e.Message : "The attempt ended by a fault of ours");
        }
    }

    private static List<RecipientOutcome> AllDeferred(DeliveryJob job, string status, string diagnostic) =>
        [.. job.Recipients.Select(recipient => new RecipientOutcome(recipient.Number, OutcomeKind.Deferred, status, diagnostic))];

    private async Task SettleAsync(DeliveryJob job, List<QueuedRecipient> recipients, IReadOnlyList<RecipientOutcome> outcomes, bool isRemote, Alarm alarm)
    {
        var settled = new List<Settled>(recipients.Count);
        if (watch.Look() < TimeSpan.Zero)
            // Times that are written already lie too far ahead: see Scheduler.
            alarm.Wake();
        foreach (var recipient in recipients)
        {
            var outcome = outcomes.FirstOrDefault(one => one.Number == recipient.Number)
                ?? new RecipientOutcome(recipient.Number, OutcomeKind.Deferred, "4.3.0", "The attempt said nothing of this recipient");
            settled.Add(_deadlines.Settle(job, recipient, outcome, isRemote));
        }

        if (await RecordAsync(job, settled) is not { } reports)
            return;
        foreach (var one in settled)
        {
            one.Log(logger, job, history);
            trouble.Note(job, one.Recipient, one.Outcome);
            if (one.NextAttempt is { } next)
                alarm.SetFor(next);
        }

        foreach (var id in reports)
            LogReport(job, id, settled.TrueForAll(one => one.NextAttempt is not null));
    }

    private void LogReport(DeliveryJob job, QueueId report, bool isOnDelay)
    {
        var sender = job.Envelope.Sender.ToString();
        if (isOnDelay)
            Log.ToldOfDelay(logger, job.Id, sender, report);
        else
            Log.Reported(logger, job.Id, sender, report);
        history?.Add(job.Id, isOnDelay ? HistoryEvent.Delayed : HistoryEvent.Reported, sender, $"report {report}");
        history?.Add(report, HistoryEvent.Queued, "", $"from <> for {sender}, report on {job.Id}");
    }

    /// <summary>A report that cannot be written is no reason to end a recipient in silence: it waits for another attempt.</summary>
    private async Task<List<Submission>> ReportAsync(DeliveryJob job, List<Settled> settled)
    {
        var reports = new List<Submission>();
        var reportable = settled.Where(one => one.IsReportable).Select(one => one.Outcome).ToList();
        if (reportable.Count == 0)
            return reports;
        try
        {
            // A return path that names the recipient wants a report on that recipient alone.
            foreach (var together in job.Envelope.IsVerp ? reportable.Chunk(1) : [reportable.ToArray()])
            {
                if (await bounces.WriteAsync(job, together, stop) is { } report)
                    reports.Add(report);
            }

            return reports;
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            Log.AttemptFault(logger, job.Id, job.Destination, e);
            Discard(reports);
            var again = clock.GetUtcNow() + settings.FirstRetry;
            for (var i = 0; i < settled.Count; i++)
            {
                if (settled[i].IsWarning)
                    settled[i] = settled[i] with { IsWarned = false, IsWarning = false };
                if (settled[i].Outcome.Kind == OutcomeKind.Failed)
                    settled[i] = settled[i] with { NextAttempt = again, Outcome = settled[i].Outcome with { Kind = OutcomeKind.Deferred } };
            }

            return [];
        }
    }

    private static void Discard(List<Submission> reports) => reports.ForEach(static report => report.Body.Dispose());

    /// <returns>The ids of the reports; null when a stop came first.</returns>
    private Task<IReadOnlyList<QueueId>?> RecordAsync(DeliveryJob job, List<Settled> settled) => UntilStoredAsync(job.Id, async () =>
    {
        // Written anew for each try: handing a large body over uses it up.
        var reports = await ReportAsync(job, settled);
        var updates = settled.ConvertAll(one =>
            new RecipientUpdate(job.Id, one.Outcome.Number, one.NextAttempt, one.NextAttempt is null ? null : one.Outcome.Diagnostic)
            {
                IsWarned = one.IsWarned,
                NextHop = one.NextHop,
            });
        try
        {
            // Not cancelled by a stop: the outcome is a fact, and recording it takes one commit.
            return await spool.CompleteAsync(updates, reports, CancellationToken.None);
        }
        finally
        {
            Discard(reports);
        }
    });

    private async Task<T?> UntilStoredAsync<T>(QueueId id, Func<ValueTask<T>> store)
        where T : class
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                return await store();
            }
            catch (IOException e)
            {
                var wait = StorageWait(failures);
                Log.RecordFailed(logger, id, wait, e);
                try
                {
                    await Task.Delay(wait, clock, stop);
                }
                catch (OperationCanceledException)
                {
                    return null;
                }
            }
        }
    }
}
