using Courier.Mail.Reports;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.Scheduling;

/// <summary>What time makes of an outcome: whether a recipient that was deferred is tried again, and when, is given up, goes another way, or its sender is told.</summary>
internal sealed class Deadlines(ScheduleSettings settings, TimeProvider clock, ILogger logger, ClockWatch watch)
{
    internal Settled Settle(DeliveryJob job, QueuedRecipient recipient, RecipientOutcome outcome, bool isRemote)
    {
        if (outcome.Kind != OutcomeKind.Deferred)
            return new Settled(recipient, outcome, null, IsExpired: false);
        var now = clock.GetUtcNow();
        var expiry = job.Begin + settings.Expiry;
        if (job.Envelope.DeliverBy is { IsReturned: true } by && by.Time < expiry)
            expiry = by.Time;
        var isTimeUp = job.Envelope.DeliverBy is { IsReturned: true } limit && limit.Time <= now;
        if (!isTimeUp && watch.AgeOf(job.Begin) < settings.Expiry)
        {
            var next = now + settings.WaitAfter(recipient.Attempts + 1);
            // N: the sender is told when the time is up.
            if (job.Envelope.DeliverBy is { } told && told.Time > now && told.Time < next)
                next = told.Time;
            // The last attempt is made when the time is up, not after.
            var last = expiry > now ? expiry : now + (settings.Expiry - watch.AgeOf(job.Begin));
            var waiting = new Settled(recipient, outcome with { RetryUntil = last }, next < last ? next : last, IsExpired: false);
            return IsLate(job, recipient, now) ? Late(job, waiting, isRemote) : waiting;
        }

        if (isTimeUp)
            return new Settled(recipient, outcome with { Kind = OutcomeKind.Failed, Status = "5.4.7", Diagnostic = "Not delivered in the time that the sender set: " + outcome.Diagnostic }, null, IsExpired: true);
        // RFC 3463 X.4.7: delivery time expired. Class 4, as what stood in the way was temporary.
        var expired = outcome with { Kind = OutcomeKind.Failed, Status = "4.4.7", Diagnostic = "Given up after " + Age(watch.AgeOf(job.Begin)) + ": " + outcome.Diagnostic };
        return new Settled(recipient, expired, null, IsExpired: true);
    }

    private bool IsLate(DeliveryJob job, QueuedRecipient recipient, DateTimeOffset now) =>
        !recipient.IsWarned
        && ((settings.WarnAfter > TimeSpan.Zero && watch.AgeOf(job.Begin) >= settings.WarnAfter) || (job.Envelope.DeliverBy is { } by && by.Time <= now));

    /// <summary>Once, when it has waited for long: another way is taken where there is one, else the sender is told (RFC 3461 §5.2.5:
    /// where NOTIFY was not given or names DELAY).</summary>
    private Settled Late(DeliveryJob job, Settled waiting, bool isRemote)
    {
        if (isRemote && settings.BackupRelay is { } backup && waiting.Recipient.NextHop is null)
        {
            Log.BackedUp(logger, job.Id, waiting.Recipient.Recipient.Address.ToString(), backup);
            return waiting with { IsWarned = true, NextHop = backup, NextAttempt = clock.GetUtcNow() };
        }

        var notify = waiting.Recipient.Recipient.Notify;
        var isWanted = notify == NotifyOn.Default || notify.HasFlag(NotifyOn.Delay);
        return waiting with { IsWarned = isWanted, IsWarning = isWanted };
    }

    private static string Age(TimeSpan age) => age.TotalDays >= 1 ? $"{age.TotalDays:0.#} days" : $"{age.TotalHours:0.#} hours";
}
