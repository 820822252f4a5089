using System.Globalization;
using Courier.Mail.Reports;
using Courier.Queue.History;
using Microsoft.Extensions.Logging;

namespace Courier.Queue.Scheduling;

/// <summary>What an attempt came to for one recipient.</summary>
internal sealed record Settled(QueuedRecipient Recipient, RecipientOutcome Outcome, DateTimeOffset? NextAttempt, bool IsExpired)
{
    /// <summary>It waits, and has waited for so long that the sender is to hear of it.</summary>
    internal bool IsWarning { get; init; }

    /// <summary>Failures and long waits; deliveries only where the sender asked (RFC 3461 §4.1), and when passed on to a next hop only
    /// where that hop will not report itself (§5.2.2 b). The writer of reports has the last word.</summary>
    internal bool IsReportable => Outcome.Kind switch
    {
        OutcomeKind.Failed => true,
        OutcomeKind.Deferred => IsWarning,
        OutcomeKind.Relayed when Outcome.IsReportDue => Recipient.Recipient.Notify != NotifyOn.Never,
        _ => Recipient.Recipient.Notify.HasFlag(NotifyOn.Success) && !Outcome.IsReportPassedOn,
    };

    /// <summary>Nothing more is to be said of its delay.</summary>
    internal bool IsWarned { get; init; }

    internal string? NextHop { get; init; }

    private HistoryEvent Event => Outcome.Kind switch
    {
        OutcomeKind.Delivered => HistoryEvent.Delivered,
        OutcomeKind.Relayed => HistoryEvent.Relayed,
        OutcomeKind.Deferred => HistoryEvent.Deferred,
        _ => IsExpired ? HistoryEvent.Expired : HistoryEvent.Bounced,
    };

    private string Words(DeliveryJob job) => Outcome.Kind switch
    {
        OutcomeKind.Deferred => string.Create(CultureInfo.InvariantCulture, $"{Server(job)}{Outcome.Status} {Outcome.Diagnostic}; next attempt {NextAttempt:yyyy-MM-dd HH:mm:ss}"),
        _ => $"{Server(job)}{Outcome.Status} {Outcome.Diagnostic}",
    };

    private string Server(DeliveryJob job) => (Outcome.RemoteServer ?? job.Destination) is { Length: > 0 } server ? server + ": " : "";

    internal void Log(ILogger logger, DeliveryJob job, MessageHistory? history)
    {
        var address = Recipient.Recipient.Address.ToString();
        history?.Add(job.Id, Event, address, Words(job));
        switch (Outcome.Kind)
        {
            case OutcomeKind.Delivered:
                QueueMetrics.Delivered.Add(1);
                Queue.Log.Delivered(logger, job.Id, address, Outcome.Status, Outcome.Diagnostic);
                break;
            case OutcomeKind.Relayed:
                QueueMetrics.Delivered.Add(1);
                Queue.Log.Relayed(logger, job.Id, address, Outcome.RemoteServer ?? job.Destination, Outcome.Status, Outcome.Diagnostic);
                break;
            case OutcomeKind.Deferred:
                QueueMetrics.Deferred.Add(1);
                Queue.Log.Deferred(logger, job.Id, address, NextAttempt.GetValueOrDefault(), Outcome.Status, Outcome.Diagnostic);
                break;
            case OutcomeKind.Failed when IsExpired:
                QueueMetrics.Bounced.Add(1);
                Queue.Log.Expired(logger, job.Id, address, job.Arrival, Outcome.Diagnostic);
                break;
            case OutcomeKind.Failed:
                QueueMetrics.Bounced.Add(1);
                Queue.Log.Bounced(logger, job.Id, address, Outcome.Status, Outcome.Diagnostic);
                break;
        }
    }
}
