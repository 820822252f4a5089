using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mail.Headers;
using Courier.Mail.Reports;
using Courier.Queue;

namespace Courier.Mta.Bounces;

/// <summary>Writes reports to senders (RFC 3461, RFC 3464), from the null path. Where a report itself cannot be delivered the postmaster
/// hears of it, and where that fails, too, nobody: so reports never go round (RFC 5321 §4.5.5, §6.1).</summary>
/// <remarks>A report to a sender is queued without NOTIFY, one to the postmaster with NOTIFY=NEVER: that tells the two apart.</remarks>
/// <param name="hostname">Our name in reports.</param>
/// <param name="openBuffer">Where a report is put on its way into the queue.</param>
/// <param name="limits">How much is returned.</param>
/// <param name="clock">The time of the report.</param>
public sealed class BounceWriter(string hostname, Func<MessageBuffer> openBuffer, BounceLimits limits, TimeProvider clock) : IBounceWriter
{
    /// <summary>Reports on the mail of an account go to the account, whatever return path its program wrote.</summary>
    /// <remarks>Courier's DSNTOAUTHADDR.</remarks>
    public bool ReportsToAccount { get; init; }

    public ValueTask<Submission?> WriteAsync(DeliveryJob job, IReadOnlyList<RecipientOutcome> failures, CancellationToken ct)
    {
        var wanted = failures.Where(outcome => IsWanted(job.Envelope.Recipients[outcome.Number].Notify, outcome)).ToList();
        var isDouble = job.Envelope.Sender.IsNull;
        // Only failures of reports matter to the postmaster: a success or a delay of one is nobody's business.
        if (isDouble)
            wanted.RemoveAll(outcome => outcome.Kind != OutcomeKind.Failed);
        if (wanted.Count == 0 || (job.Envelope.Sender.Address ?? limits.Postmaster) is not { } to)
            return new((Submission?)null);
        return new(Write(job, isDouble ? to : AddresseeOf(job, job.Envelope.IsVerp ? Named(to, job.Envelope.Recipients[wanted[0].Number].Address) : to), wanted, isDouble));
    }

    /// <summary>RFC 3461 §4.1: NOTIFY says when; without it failures are reported (§5.2.7).</summary>
    private static bool IsWanted(NotifyOn notify, RecipientOutcome outcome) => outcome.Kind switch
    {
        OutcomeKind.Failed => notify == NotifyOn.Default || notify.HasFlag(NotifyOn.Failure),
        OutcomeKind.Relayed when outcome.IsReportDue => notify != NotifyOn.Never,
        OutcomeKind.Delivered or OutcomeKind.Relayed => notify.HasFlag(NotifyOn.Success),
        // A wait is reported only where the schedule asks for it, which says until when (§5.2.5).
        OutcomeKind.Deferred => notify == NotifyOn.Default || notify.HasFlag(NotifyOn.Delay),
        _ => false,
    };

    private MailAddress AddresseeOf(DeliveryJob job, MailAddress sender) =>
        ReportsToAccount && job.Envelope.Source == MessageSource.Login && MailAddress.TryParse(MessageOrigin.Parse(job.Origin).Who, out var account) ? account! : sender;

    /// <summary>The return path that names the recipient, where an address may be so long; else the one without: the report itself names him
    /// (draft-varshavchik-verp-smtpext §4.1).</summary>
    private static MailAddress Named(MailAddress sender, MailAddress recipient) =>
        MailAddress.TryParse(Verp.Encode(sender, recipient).ToString(), out var named) ? named! : sender;

    private Submission Write(DeliveryJob job, MailAddress sender, List<RecipientOutcome> outcomes, bool isDouble)
    {
        var now = clock.GetUtcNow();
        var (original, isFull) = Original(job, outcomes);
        var report = new DeliveryReport(
            hostname, sender, job.Envelope.EnvelopeId, job.Arrival, outcomes.ConvertAll(outcome => Describe(job, outcome, now)), original, isFull)
        {
            Words = limits.Words,
            IsGlobal = job.Envelope.IsUtf8 && NeedsUtf8(job.Envelope, original),
        };
        var messageId = $"{job.Id}.{outcomes[0].Number}.{now.ToUnixTimeMilliseconds()}@{hostname}";
        var buffer = openBuffer();
        try
        {
            buffer.Write(report.ToMessage(messageId, now));
            // RFC 3461 §6.1 asks for the null path.
            var recipient = new EnvelopeRecipient(sender, Notify: isDouble ? NotifyOn.Never : NotifyOn.Default);
            var envelope = new Envelope(ReversePath.Null, [recipient])
            {
                IsUtf8 = report.IsGlobal,
                Is8Bit = report.IsGlobal,
                Source = job.Envelope.Source,
                IsReport = true,
                // RFC 8689 §5, and Courier's XSECURITY: what is returned is as secret as what was sent.
                RequireTls = job.Envelope.RequireTls,
                SecureOnly = job.Envelope.SecureOnly,
            };
            return new Submission(envelope, ReadOnlyMemory<byte>.Empty, buffer, OriginOf(job).ToString());
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>A report leaves as the virtual host that its message came to: that of the address, or of the domain of who logged in.</summary>
    private static MessageOrigin OriginOf(DeliveryJob job)
    {
        var origin = MessageOrigin.Parse(job.Origin);
        return origin with { Who = origin.Domain is { } domain ? $"report on {job.Id} @{domain}" : $"report on {job.Id}" };
    }

    private static bool NeedsUtf8(Envelope envelope, ReadOnlySpan<byte> original) =>
        envelope.Sender.Address is { IsAscii: false } || envelope.Recipients.Any(recipient => !recipient.Address.IsAscii || !System.Text.Ascii.IsValid(recipient.OriginalRecipient))
        || !System.Text.Ascii.IsValid(original);

    private RecipientReport Describe(DeliveryJob job, RecipientOutcome outcome, DateTimeOffset now)
    {
        var recipient = job.Envelope.Recipients[outcome.Number];
        var action = outcome.Kind switch
        {
            OutcomeKind.Delivered => DeliveryAction.Delivered,
            OutcomeKind.Relayed => DeliveryAction.Relayed,
            OutcomeKind.Deferred => DeliveryAction.Delayed,
            _ => DeliveryAction.Failed,
        };
        var diagnostic = outcome.Diagnostic.Length <= limits.DiagnosticCharacters ? outcome.Diagnostic : outcome.Diagnostic[..limits.DiagnosticCharacters];
        return new RecipientReport(
            recipient.Address, recipient.OriginalRecipient, action, outcome.Status, outcome.RemoteServer, diagnostic.Length == 0 ? null : diagnostic, now)
        {
            WillRetryUntil = outcome.Kind == OutcomeKind.Deferred ? outcome.RetryUntil : null,
        };
    }

    /// <summary>Our trace fields and the header, or all of it where RET=FULL asks, a recipient failed (RFC 3461 §4.3) and it is small enough.</summary>
    private (byte[] Original, bool IsFull) Original(DeliveryJob job, List<RecipientOutcome> outcomes)
    {
        var isFull = job.Envelope is { ReturnFull: true, RequireTls: false } && job.Body.Length <= limits.FullBytes && outcomes.Exists(outcome => outcome.Kind == OutcomeKind.Failed);
        var wanted = (int)Math.Min(job.Body.Length, isFull ? limits.FullBytes : limits.HeaderBytes);
        var original = new byte[job.Trace.Length + wanted];
        job.Trace.Span.CopyTo(original);
        using (var body = job.Body.OpenRead())
            body.ReadExactly(original, job.Trace.Length, wanted);
        return (isFull ? original : WholeLines(original), isFull);
    }

    private static byte[] WholeLines(byte[] original)
    {
        var header = original.AsSpan(0, HeaderReader.HeaderLength(original));
        return header[..(header.LastIndexOf((byte)'\n') + 1)].ToArray();
    }
}
