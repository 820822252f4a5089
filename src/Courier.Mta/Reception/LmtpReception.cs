using Courier.Accounts;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Queue;
using Courier.Smtp.Replies;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.Reception;

/// <summary>Puts a message into mailboxes now, without the queue; durable on return.</summary>
/// <param name="envelope">Recipients are named in the outcomes by their place in it.</param>
/// <param name="trace">Header fields to put above the message.</param>
/// <param name="body">The message as received.</param>
/// <param name="ct">After which what has not begun is deferred.</param>
/// <returns>One outcome for each recipient: Delivered, Deferred or Failed.</returns>
public delegate ValueTask<IReadOnlyList<RecipientOutcome>> LocalDelivery(
    Envelope envelope, ReadOnlyMemory<byte> trace, MessageBody body, CancellationToken ct);

/// <summary>Delivery by another server of ours (RFC 2033): only to our own people, and each recipient is answered for after the
/// message is in the mailbox (§4.2). Who may connect is decided by where the listener listens.</summary>
public sealed class LmtpReception(
    ReceptionSettings settings, IAccountDirectory accounts, LocalDelivery deliver, TimeProvider clock, ILogger<LmtpReception> logger) : IReception
{
    private readonly Intake _intake = new(settings, accounts, clock, logger);

    public ValueTask<string?> AuthenticateAsync(string user, string password, CancellationToken ct) => _intake.AuthenticateAsync(user, password, ct);

    public ValueTask<SmtpReply> BeginAsync(SmtpTransaction transaction, CancellationToken ct) => new(_intake.Begin(transaction));

    public ValueTask<(SmtpReply Reply, MailAddress? Address)> AddRecipientAsync(SmtpTransaction transaction, MailAddress? recipient, CancellationToken ct) =>
        _intake.Recipients.AdmitAsync(transaction, recipient, mayRelay: false, _intake.SourceOf(transaction.Peer), ct);

    public ValueTask<SmtpReply> FlushAsync(SmtpPeer peer, string? domain, CancellationToken ct) => _intake.FlushAsync(peer, domain, ct);

    public MessageBuffer OpenBuffer() => _intake.OpenBuffer();

    public async ValueTask<IReadOnlyList<SmtpReply>> AcceptAsync(SmtpTransaction transaction, MessageBuffer message, CancellationToken ct)
    {
        using var recoded = await _intake.RecodeAsync(transaction, message, ct);
        var kept = recoded ?? message;
        var taken = _intake.Take(transaction, kept, "LMTP", isSubmitted: null, transaction.Mail.Is8Bit);
        if (taken.Refusal is { } refusal)
            return [.. transaction.Recipients.Select(_ => refusal)];
        var outcomes = await deliver(taken.Envelope, taken.Trace, kept.AsBody(), ct);

        var replies = new Dictionary<MailAddress, SmtpReply>();
        foreach (var outcome in outcomes)
        {
            var recipient = taken.Envelope.Recipients[outcome.Number].Address;
            replies[recipient] = ReplyFor(outcome);
            Log.LmtpOutcome(logger, Intake.PeerOf(transaction), taken.Envelope.Sender.ToString(), recipient.ToString(), kept.Length, taken.Id,
                outcome.Kind.ToString(), outcome.Diagnostic);
        }

        // A recipient named twice got one copy, and is answered for twice (RFC 2033 §4.2).
        return [.. transaction.Recipients.Select(recipient => replies[recipient.Address])];
    }

    private static SmtpReply ReplyFor(RecipientOutcome outcome) => outcome.Kind switch
    {
        OutcomeKind.Delivered => ReceptionReplies.Delivered,
        OutcomeKind.Failed => ReceptionReplies.Undeliverable(StatusOf(outcome, 5)),
        _ => ReceptionReplies.Deferred(StatusOf(outcome, 4)),
    };

    /// <summary>The status of the class that the reply needs; a status of another class says nothing (RFC 3463 §2).</summary>
    private static EnhancedStatus StatusOf(RecipientOutcome outcome, int statusClass)
    {
        var parts = outcome.Status.Split('.');
        return parts is [var c, var s, var d] && int.TryParse(c, out var first) && first == statusClass
            && int.TryParse(s, out var subject) && int.TryParse(d, out var detail)
            ? new(statusClass, subject, detail)
            : new(statusClass, 0, 0);
    }
}
