using Courier.Mail.Reports;
using Courier.Queue;
using Courier.Smtp.Client;

namespace Courier.Mta.Delivery.Remote;

/// <summary>A queued message in the words of the client that sends it.</summary>
internal static class Outgoing
{
    internal static OutgoingMessage Of(DeliveryJob job, IReadOnlyList<JobRecipient> recipients) => new(
        job.Envelope.Sender, [.. recipients.Select(static r => Of(r.Recipient))], job.Trace, job.Body, job.Envelope.Is8Bit)
    {
        IsUtf8 = job.Envelope.IsUtf8,
        EnvelopeId = job.Envelope.EnvelopeId,
        Return = job.Envelope.ReturnFull ? ReturnContent.Full : job.Envelope.ReturnHeaders ? ReturnContent.Headers : ReturnContent.Unsaid,
    };

    private static OutgoingRecipient Of(EnvelopeRecipient recipient) => new(recipient.Address, recipient.Notify, recipient.OriginalRecipient);
}
