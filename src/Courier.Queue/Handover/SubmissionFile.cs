using System.Buffers;
using System.Globalization;
using System.Text;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;

namespace Courier.Queue.Handover;

/// <summary>How much one message of a local program may say before its text.</summary>
public sealed record SubmissionFileLimits
{
    /// <summary>Envelope: room for 10,000 recipients with their original addresses.</summary>
    public int HeadBytes { get; init; } = 8 << 20;

    public int Recipients { get; init; } = 10_000;

    /// <summary>The message; the server's own limit.</summary>
    public long MessageBytes { get; init; } = 50L << 20;
}

/// <summary>One message with its envelope as a file or stream: what local programs hand over, through the socket or the drop directory, and what
/// <c>courier queue export</c> writes.</summary>
/// <remarks><para>Lines that end in LF: <c>courier-message 1</c>; <c>S ADDRESS</c> (empty for the null path); <c>R ADDRESS TAB NOTIFY TAB ORCPT</c> for each
/// recipient, NOTIFY in Courier's letters S, F, D, N; optionally <c>E ENVID</c>, <c>T F</c> or <c>T H</c> (RET), <c>8</c> (8-bit body), <c>m</c> (SMTPUTF8), <c>V</c> (VERP),
/// <c>U STARTTLS</c> (only over verified TLS). Then an
/// empty line and the message to the end.</para>
/// <para>It comes from anybody on this machine: nothing in it is believed but its form. Line ends of the message become CRLF.</para></remarks>
public static class SubmissionFile
{
    public const string FirstLine = "courier-message 1";

    private const int BufferBytes = 64 * 1024;

    /// <summary>The lines before the message.</summary>
    public static byte[] HeadOf(Envelope envelope)
    {
        var text = new StringBuilder().Append(FirstLine).Append('\n');
        text.Append("S ").Append(envelope.Sender).Append('\n');
        foreach (var recipient in envelope.Recipients)
            text.Append(CultureInfo.InvariantCulture, $"R {recipient.Address}\t{LettersOf(recipient.Notify)}\t{recipient.OriginalRecipient}\n");
        if (envelope.EnvelopeId is { } id)
            text.Append("E ").Append(id).Append('\n');
        if (envelope.ReturnFull || envelope.ReturnHeaders)
            text.Append("T ").Append(envelope.ReturnFull ? 'F' : 'H').Append('\n');
        if (envelope.Is8Bit)
            text.Append("8\n");
        if (envelope.IsUtf8)
            text.Append("m\n");
        if (envelope.IsVerp)
            text.Append("V\n");
        if (envelope.SecureOnly)
            text.Append("U STARTTLS\n");
        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    /// <summary>Reads the whole stream: the envelope is the answer, the message goes into the buffer.</summary>
    /// <exception cref="InvalidDataException">It is not of this form, or too long; the text says what.</exception>
    public static async ValueTask<Envelope> ReadAsync(Stream stream, MessageBuffer message, SubmissionFileLimits limits, CancellationToken ct)
    {
        var head = new ArrayBufferWriter<byte>(BufferBytes);
        var buffer = new byte[BufferBytes];
        var end = -1;
        while (end < 0)
        {
            var read = await stream.ReadAsync(buffer, ct);
            if (read == 0)
                throw new InvalidDataException("the envelope has no end");
            var from = Math.Max(0, head.WrittenCount - 1);
            head.Write(buffer.AsSpan(0, read));
            var at = head.WrittenSpan[from..].IndexOf("\n\n"u8);
            end = at < 0 ? -1 : from + at;
            if (end < 0 && head.WrittenCount > limits.HeadBytes)
                throw new InvalidDataException("the envelope is too long");
        }

        var envelope = Parse(head.WrittenSpan[..end], limits);
        var lines = new CrlfWriter(message, limits.MessageBytes);
        lines.Write(head.WrittenSpan[(end + 2)..]);
        for (int read; (read = await stream.ReadAsync(buffer, ct)) > 0;)
            lines.Write(buffer.AsSpan(0, read));
        lines.End();
        return envelope;
    }

    private static Envelope Parse(ReadOnlySpan<byte> head, SubmissionFileLimits limits)
    {
        var lines = Encoding.UTF8.GetString(head).Split('\n');
        if (lines[0] != FirstLine)
            throw new InvalidDataException($"it does not begin with {FirstLine}");
        ReversePath? sender = null;
        var recipients = new List<EnvelopeRecipient>();
        var envelope = new Envelope(ReversePath.Null, recipients);
        foreach (var line in lines.Skip(1))
        {
            var value = line.Length > 2 ? line[2..] : "";
            switch (line.Length > 0 ? line[0] : ' ')
            {
                case 'S':
                    sender = value.Length == 0 ? ReversePath.Null : new ReversePath(AddressOf(value));
                    break;
                case 'R' when recipients.Count < limits.Recipients:
                    recipients.Add(RecipientOf(value));
                    break;
                case 'R':
                    throw new InvalidDataException("too many recipients");
                case 'E' when IsXtext(value):
                    envelope = envelope with { EnvelopeId = value };
                    break;
                case 'T' when value is "F" or "H":
                    envelope = envelope with { ReturnFull = value == "F", ReturnHeaders = value == "H" };
                    break;
                case '8':
                    envelope = envelope with { Is8Bit = true };
                    break;
                case 'm':
                    envelope = envelope with { IsUtf8 = true };
                    break;
                case 'V':
                    envelope = envelope with { IsVerp = true };
                    break;
                case 'U' when value is "STARTTLS":
                    envelope = envelope with { SecureOnly = true };
                    break;
                default:
                    throw new InvalidDataException($"a line of the envelope is not understood: {line}");
            }
        }

        if (sender is null || recipients.Count == 0)
            throw new InvalidDataException(sender is null ? "there is no sender" : "there is no recipient");
        return envelope with { Sender = sender, Recipients = recipients };
    }

    private static EnvelopeRecipient RecipientOf(string value)
    {
        var fields = value.Split('\t');
        var notify = NotifyOn.Default;
        foreach (var letter in fields.ElementAtOrDefault(1) ?? "")
        {
            notify |= letter switch
            {
                'S' => NotifyOn.Success,
                'F' => NotifyOn.Failure,
                'D' => NotifyOn.Delay,
                'N' => NotifyOn.Never,
                _ => throw new InvalidDataException($"NOTIFY has no letter {letter}"),
            };
        }

        // RFC 3461 §4.1: NEVER stands alone.
        if (notify.HasFlag(NotifyOn.Never) && notify != NotifyOn.Never)
            throw new InvalidDataException("NOTIFY=NEVER goes with nothing else");
        var original = fields.ElementAtOrDefault(2) is { Length: > 0 } text ? text : null;
        if (original is not null && !IsXtext(original))
            throw new InvalidDataException($"the original recipient is not of the form type;address: {original}");
        return new EnvelopeRecipient(AddressOf(fields[0]), original, notify);
    }

    private static MailAddress AddressOf(string text) =>
        MailAddress.TryParse(text, out var address) ? address! : throw new InvalidDataException($"not a mail address: {text}");

    /// <summary>RFC 3461 §4: what goes onto an SMTP line must not end it. RFC 3461 §4.4 and §4.2: at most 100 and 500 octets.</summary>
    private static bool IsXtext(string text) => text.Length is > 0 and <= 500 && text.All(c => c is > ' ' and < (char)127);

    private static string LettersOf(NotifyOn notify) => string.Concat(
        notify.HasFlag(NotifyOn.Success) ? "S" : "", notify.HasFlag(NotifyOn.Failure) ? "F" : "", notify.HasFlag(NotifyOn.Delay) ? "D" : "", notify.HasFlag(NotifyOn.Never) ? "N" : "");
}
