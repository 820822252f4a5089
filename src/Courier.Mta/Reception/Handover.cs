using System.Net;
using Courier.IO.Files;
using Courier.Queue;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception;

/// <summary>The last step of SMTP's receptions: the message goes to the queue, and 250 is said once it is durable there.</summary>
internal static class Handover
{
    internal static async ValueTask<SmtpReply> SubmitAsync(
        Taken taken, SmtpTransaction transaction, MessageBuffer message, IPAddress? virtualHost, ISubmission submission, ILogger logger, CancellationToken ct)
    {
        var peer = Intake.PeerOf(transaction);
        var origin = new MessageOrigin(transaction.Peer.User ?? transaction.ForwardedFrom ?? peer, virtualHost).ToString();
        var bytes = message.Length;
        var id = await submission.SubmitAsync(new Submission(taken.Envelope, taken.Trace, message, origin), ct);
        Log.Accepted(logger, id.ToString(), origin, peer, taken.Envelope.Sender.ToString(), taken.Envelope.Recipients.Count, bytes, taken.Id);
        return ReceptionReplies.Accepted(id);
    }
}
