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

    /// <returns>One for each recipient: null where it may go. Null for most messages: all may.</returns>
    public static RecipientResult?[]? Refusals(OutgoingMessage message, ServerExtensions extensions)
    {
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
