using Courier.Mail.Reports;
using Courier.Queue;
using Courier.Smtp.Client;
using Courier.Smtp.Server;

namespace Courier.Mta.Delivery.Remote;

/// <summary>A queued message in the words of the client that sends it.</summary>
internal static class Outgoing
{
    internal static OutgoingMessage Of(DeliveryJob job, IReadOnlyList<JobRecipient> recipients, DateTimeOffset now) => new(
        job.Envelope.Sender, [.. recipients.Select(static r => Of(r.Recipient))], job.Trace, job.Body, job.Envelope.Is8Bit)
    {
        RequireTls = job.Envelope.RequireTls,
        SecureOnly = job.Envelope.SecureOnly,
        IsVerp = job.Envelope is { IsVerp: true, Sender.IsNull: false },
        Priority = job.Envelope.Priority,
        By = job.Envelope.DeliverBy is { } by ? new DeliveryTime(by.Time - now, by.IsReturned, by.IsTraced) : null,
        IsUtf8 = job.Envelope.IsUtf8,
        EnvelopeId = job.Envelope.EnvelopeId,
        Return = job.Envelope.ReturnFull ? ReturnContent.Full : job.Envelope.ReturnHeaders ? ReturnContent.Headers : ReturnContent.Unsaid,
    };

    private static OutgoingRecipient Of(EnvelopeRecipient recipient) => new(recipient.Address, recipient.Notify, recipient.OriginalRecipient);
}
