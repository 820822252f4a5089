using System.Buffers.Text;
using System.Text;
using Courier.Imap.Grammar;
using Courier.Mail.Headers;
using Courier.Mail.Mime;
using Courier.Mailboxes;
using Courier.Mailboxes.Content;

namespace Courier.Imap.Responses;

/// <summary>Untagged FETCH (RFC 3501 §7.4.2). What a record of the index holds is written straight into the pipe: this is what a
/// client asks of 10,000 messages at a time.</summary>
internal static class FetchResponse
{
    /// <summary>In the place of a sequence number: the response is UIDFETCH, and the UID is no item but its number (RFC 9586 §3.4).</summary>
    public const int ByUid = 0;

    private const int FixedBytes = 260;

    /// <summary>Begins a response with the items that need no file.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="sequenceNumber">From 1, or <see cref="ByUid"/>.</param>
    /// <param name="message">What the index knows.</param>
    /// <param name="attributes">Items to write.</param>
    /// <param name="isRecent">Whether it is \Recent in this session.</param>
    /// <param name="added">Flags that are being set by this very command.</param>
    public static void Begin(
        ImapWriter writer, int sequenceNumber, in MessageRecord message, FetchAttributes attributes, bool isRecent, MessageFlags added = MessageFlags.None)
    {
        var output = writer.Reserve(FixedBytes + ((attributes & FetchAttributes.Flags) != 0 ? FlagText.Bound(message.Keywords) : 0));
        "* "u8.CopyTo(output);
        var at = 2;
        at += Number(output[at..], sequenceNumber == ByUid ? message.Uid.Value : sequenceNumber);
        at += Copy(sequenceNumber == ByUid ? " UIDFETCH ("u8 : " FETCH ("u8, output[at..]);
        var start = at;
        if ((attributes & FetchAttributes.Uid) != 0 && sequenceNumber != ByUid)
        {
            at += Copy("UID "u8, output[at..]);
            at += Number(output[at..], message.Uid.Value);
        }

        if ((attributes & FetchAttributes.Flags) != 0)
        {
            at += Copy(at > start ? " FLAGS ("u8 : "FLAGS ("u8, output[at..]);
            at += FlagText.Write(output[at..], message.Flags | added, message.Keywords, isRecent);
            output[at++] = (byte)')';
        }

        if ((attributes & FetchAttributes.InternalDate) != 0)
        {
            at += Copy(at > start ? " INTERNALDATE \""u8 : "INTERNALDATE \""u8, output[at..]);
            at += DateTime(output[at..], message.InternalDate);
            output[at++] = (byte)'"';
        }

        if ((attributes & FetchAttributes.Size) != 0)
        {
            at += Copy(at > start ? " RFC822.SIZE "u8 : "RFC822.SIZE "u8, output[at..]);
            at += Number(output[at..], message.Size);
        }

        if ((attributes & FetchAttributes.ModSeq) != 0)
        {
            at += Copy(at > start ? " MODSEQ ("u8 : "MODSEQ ("u8, output[at..]);
            at += Number(output[at..], message.ModSeq.Value);
            output[at++] = (byte)')';
        }

        if ((attributes & FetchAttributes.SaveDate) != 0)
            at += SaveDate(output[at..], message.SaveDate, at > start);
        writer.Advance(at);
    }

    // RFC 8514 §4.2: NIL where it is not known.
    private static int SaveDate(Span<byte> output, DateTimeOffset? date, bool needsSpace)
    {
        var at = Copy(needsSpace ? " SAVEDATE "u8 : "SAVEDATE "u8, output);
        if (date is not { } known)
            return at + Copy("NIL"u8, output[at..]);
        output[at++] = (byte)'"';
        at += DateTime(output[at..], known);
        output[at++] = (byte)'"';
        return at;
    }

    public static void End(ImapWriter writer) => writer.Raw(")\r\n"u8);

    /// <summary>A whole response of what the index knows.</summary>
    public static void Whole(ImapWriter writer, int sequenceNumber, in MessageRecord message, FetchAttributes attributes, bool isRecent)
    {
        Begin(writer, sequenceNumber, message, attributes, isRecent);
        End(writer);
    }

    /// <summary>ENVELOPE, BODY and BODYSTRUCTURE, which the mailbox keeps as they go over the wire.</summary>
    public static void Forms(ImapWriter writer, in MessageForms forms, FetchAttributes attributes, ref bool needsSpace)
    {
        Form(writer, "ENVELOPE "u8, forms.Envelope, (attributes & FetchAttributes.Envelope) != 0, ref needsSpace);
        Form(writer, "BODY "u8, forms.Body, (attributes & FetchAttributes.Body) != 0, ref needsSpace);
        Form(writer, "BODYSTRUCTURE "u8, forms.BodyStructure, (attributes & FetchAttributes.BodyStructure) != 0, ref needsSpace);
    }

    /// <summary>EMAILID, THREADID (RFC 8474 §5) and PREVIEW (RFC 8970 §3).</summary>
    public static void Facts(ImapWriter writer, MessageFacts facts, FetchAttributes attributes, ref bool needsSpace)
    {
        Item(writer, $"EMAILID ({facts.EmailId})", (attributes & FetchAttributes.EmailId) != 0, ref needsSpace);
        Item(writer, $"THREADID ({facts.ThreadId})", (attributes & FetchAttributes.ThreadId) != 0, ref needsSpace);
        if ((attributes & FetchAttributes.Preview) == 0)
            return;
        Item(writer, "PREVIEW ", isWanted: true, ref needsSpace);
        writer.String(Encoding.UTF8.GetBytes(facts.Preview));
    }

    private static void Item(ImapWriter writer, string text, bool isWanted, ref bool needsSpace)
    {
        if (!isWanted)
            return;
        if (needsSpace)
            writer.Raw(" "u8);
        needsSpace = true;
        writer.Raw(text);
    }

    /// <summary>The octets that a section names; null where the message has no such part.</summary>
    public static ReadOnlyMemory<byte>? Content(MessageContent message, FetchSection section)
    {
        var all = section switch
        {
            { Path.Length: 0, Text: SectionText.Content } => message.Bytes,
            { Path.Length: 0, Text: SectionText.Header } => message.Header,
            { Path.Length: 0, Text: SectionText.Text } => message.Bytes[message.Header.Length..],
            { Path.Length: 0, Text: SectionText.HeaderFields or SectionText.HeaderFieldsNot } => Filter(message.Header, section),
            _ => Part(message, section),
        };
        if (all is not { } octets || section.Offset is not { } offset)
            return all;
        var start = (int)Math.Min(offset, (uint)octets.Length);
        return octets.Slice(start, (int)Math.Min(section.Length, (uint)(octets.Length - start)));
    }

    private static ReadOnlyMemory<byte>? Part(MessageContent message, FetchSection section)
    {
        if (section.Form != SectionForm.Raw)
            return Decoded(message, section);
        if (MimeSection.Find(message.Structure, section.Path, section.Text) is not { } range)
            return null;
        var part = message.Bytes[range];
        return section.Text is SectionText.HeaderFields or SectionText.HeaderFieldsNot ? Filter(part, section) : part;
    }

    // What holds other parts is told as it is: its own encoding can only be the identity (RFC 2045 §6.4).
    private static ReadOnlyMemory<byte>? Decoded(MessageContent message, FetchSection section)
    {
        if (MimeSection.Part(message.Structure, section.Path) is not { } part)
            return null;
        var body = message.Bytes.Slice(part.BodyStart, part.BodyLength);
        if (part.Children.Count > 0 || part.TransferEncoding is "7bit" or "8bit" or "binary")
            return body;
        return part.TransferEncoding is "base64" or "quoted-printable"
            ? MimeText.DecodeTransfer(body.Span, part.TransferEncoding)
            : throw new UnknownEncodingException();
    }

    private static ReadOnlyMemory<byte> Filter(ReadOnlyMemory<byte> header, FetchSection section) =>
        HeaderFilter.Select(header.Span, section.Fields as IReadOnlyCollection<string> ?? [], section.Text == SectionText.HeaderFieldsNot);

    private static void Form(ImapWriter writer, ReadOnlySpan<byte> name, ReadOnlyMemory<byte> form, bool isWanted, ref bool needsSpace)
    {
        if (!isWanted)
            return;
        if (needsSpace)
            writer.Raw(" "u8);
        needsSpace = true;
        writer.Raw(name);
        writer.Raw(form.Span);
    }

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> output)
    {
        text.CopyTo(output);
        return text.Length;
    }

    private static int Number(Span<byte> output, long number)
    {
        Utf8Formatter.TryFormat(number, output, out var written);
        return written;
    }

    /// <summary>date-time without its quotes (RFC 3501 §9), as <c>21-Nov-2026 01:02:03 +0000</c>, the day padded with a space.</summary>
    internal static int DateTime(Span<byte> output, DateTimeOffset date)
    {
        var months = "JanFebMarAprMayJunJulAugSepOctNovDec"u8;
        Digits(output, date.Day);
        if (output[0] == '0')
            output[0] = (byte)' ';
        output[2] = output[6] = (byte)'-';
        months.Slice((date.Month - 1) * 3, 3).CopyTo(output[3..]);
        Digits(output[7..], date.Year / 100);
        Digits(output[9..], date.Year % 100);
        output[11] = output[20] = (byte)' ';
        Digits(output[12..], date.Hour);
        Digits(output[15..], date.Minute);
        Digits(output[18..], date.Second);
        output[14] = output[17] = (byte)':';
        var minutes = (int)date.Offset.TotalMinutes;
        output[21] = (byte)(minutes < 0 ? '-' : '+');
        minutes = Math.Abs(minutes);
        Digits(output[22..], minutes / 60);
        Digits(output[24..], minutes % 60);
        return 26;
    }

    private static void Digits(Span<byte> output, int number)
    {
        output[0] = (byte)('0' + (number / 10));
        output[1] = (byte)('0' + (number % 10));
    }
}

/// <summary>A transfer encoding that nobody knows cannot be undone: the command fails with UNKNOWN-CTE (RFC 3516 §4.3).</summary>
internal sealed class UnknownEncodingException : Exception
{
    public UnknownEncodingException()
    {
    }

    public UnknownEncodingException(string message)
        : base(message)
    {
    }

    public UnknownEncodingException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
