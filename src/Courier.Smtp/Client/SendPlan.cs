using System.Buffers;
using Courier.Mail.Headers;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Client;

/// <summary>Holds a message against what a server offers: which recipients it can be sent to at all.</summary>
internal static class SendPlan
{
    // As far as reception looks into a header.
    private const int HeaderBytes = 256 * 1024;

    private static readonly SmtpReply _addressNotAscii = new(553, new(5, 6, 7), "The next server does not take non-ASCII addresses (SMTPUTF8)");

    private static readonly SmtpReply _headerNotAscii = new(554, new(5, 6, 9), "The next server does not take UTF-8 header fields (SMTPUTF8)");

    private static readonly SmtpReply _notSecure = new(550, new(5, 7, 10), "The next server cannot be reached over verified TLS, which the sender asked for");

    private static readonly SmtpReply _noRequireTls = new(550, new(5, 7, 30), "The next server does not support REQUIRETLS");

    private static readonly SmtpReply _noTimes = new(550, new(5, 3, 3), "The next server does not know of the delivery time that the sender set (DELIVERBY)");

    /// <param name="message">To be sent.</param>
    /// <param name="extensions">What the server offers.</param>
    /// <param name="isVerified">TLS is on, and the server's certificate is good.</param>
    /// <returns>One for each recipient: null where it may go. Null for most messages: all may.</returns>
    public static RecipientResult?[]? Refusals(OutgoingMessage message, ServerExtensions extensions, bool isVerified)
    {
        if (ForAll(message, extensions, isVerified) is { } refused)
            return [.. message.Recipients.Select(_ => new RecipientResult(SmtpStep.Mail, refused, Problem: null) { IsOurs = true })];
        if (!message.IsUtf8 || extensions.HasFlag(ServerExtensions.Utf8))
            return null;
        // RFC 6531 §3.2: rejected, since neither address nor header can be made ASCII without loss.
        var forAll = message.Sender.Address is { IsAscii: false } ? _addressNotAscii : HasUtf8Header(message) ? _headerNotAscii : null;
        var refusals = new RecipientResult?[message.Recipients.Count];
        for (var i = 0; i < refusals.Length; i++)
        {
            var refusal = message.Recipients[i].Address.IsAscii ? forAll : _addressNotAscii;
            refusals[i] = refusal is null ? null : new RecipientResult(SmtpStep.Mail, refusal, Problem: null) { IsOurs = true };
        }

        return Array.Exists(refusals, static refusal => refusal is not null) ? refusals : null;
    }

    private static SmtpReply? ForAll(OutgoingMessage message, ServerExtensions extensions, bool isVerified)
    {
        if (message.SecureOnly && !isVerified)
            return _notSecure;
        // RFC 8689 §4.2.1; reports are sent where that is not so, too (§5).
        if (message.RequireTls && !message.Sender.IsNull && !isVerified)
            return _notSecure;
        if (message.RequireTls && !message.Sender.IsNull && !extensions.HasFlag(ServerExtensions.RequireTls))
            return _noRequireTls;
        // RFC 2852 §4.1: what must be returned in time is not given to those who will not.
        return message.By is { IsReturned: true } && !extensions.HasFlag(ServerExtensions.DeliverBy) ? _noTimes : null;
    }

    private static bool HasUtf8Header(OutgoingMessage message)
    {
        if (!System.Text.Ascii.IsValid(message.Trace.Span))
            return true;
        var start = ArrayPool<byte>.Shared.Rent(HeaderBytes);
        try
        {
            using var body = message.Body.OpenRead();
            var read = body.ReadAtLeast(start.AsSpan(0, HeaderBytes), HeaderBytes, throwOnEndOfStream: false);
            return !System.Text.Ascii.IsValid(start.AsSpan(0, HeaderReader.HeaderLength(start.AsSpan(0, read))));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(start);
        }
    }
}
