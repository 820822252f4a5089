using System.Buffers;
using System.Text;
using Courier.Mail.Headers;

namespace Courier.Mail.Mime;

/// <summary>ENVELOPE: date, subject, from, sender, reply-to, to, cc, bcc, in-reply-to, message-id (RFC 3501 §7.4.2).</summary>
/// <remarks>Of date, subject and the identifiers the last field counts; address fields of one name are read as one list.
/// Sender and Reply-To default to From when they are missing or hold no address.</remarks>
internal static class ImapEnvelope
{
    private enum Field
    {
        Date,
        Subject,
        From,
        Sender,
        ReplyTo,
        To,
        Cc,
        Bcc,
        InReplyTo,
        MessageId,
    }

    private const int Fields = 10;

    public static void Write(ReadOnlySpan<byte> header, IBufferWriter<byte> output)
    {
        var values = new List<Range>?[Fields];
        foreach (var field in new HeaderReader(header))
            if (Which(header[field.Name]) is { } which)
                (values[(int)which] ??= new(1)).Add(field.Value);

        output.Write("("u8);
        WriteText(header, values[(int)Field.Date], output);
        output.Write(" "u8);
        WriteSubject(header, values[(int)Field.Subject], output);
        output.Write(" "u8);
        var from = new ArrayBufferWriter<byte>(256);
        if (!WriteAddresses(header, values[(int)Field.From], from))
            ImapString.WriteNil(from);
        output.Write(from.WrittenSpan);
        for (var field = Field.Sender; field <= Field.Bcc; field++)
        {
            output.Write(" "u8);
            if (WriteAddresses(header, values[(int)field], output))
                continue;
            if (field is Field.Sender or Field.ReplyTo)
                output.Write(from.WrittenSpan);
            else
                ImapString.WriteNil(output);
        }
        output.Write(" "u8);
        WriteText(header, values[(int)Field.InReplyTo], output);
        output.Write(" "u8);
        WriteText(header, values[(int)Field.MessageId], output);
        output.Write(")"u8);
    }

    /// <summary>The envelope of a message that cannot be looked into.</summary>
    public static void WriteEmpty(IBufferWriter<byte> output) => output.Write("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"u8);

    private static Field? Which(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when Ascii.EqualsIgnoreCase(name, "To"u8) => Field.To,
        2 when Ascii.EqualsIgnoreCase(name, "Cc"u8) => Field.Cc,
        3 when Ascii.EqualsIgnoreCase(name, "Bcc"u8) => Field.Bcc,
        4 when Ascii.EqualsIgnoreCase(name, "From"u8) => Field.From,
        4 when Ascii.EqualsIgnoreCase(name, "Date"u8) => Field.Date,
        6 when Ascii.EqualsIgnoreCase(name, "Sender"u8) => Field.Sender,
        7 when Ascii.EqualsIgnoreCase(name, "Subject"u8) => Field.Subject,
        8 when Ascii.EqualsIgnoreCase(name, "Reply-To"u8) => Field.ReplyTo,
        10 when Ascii.EqualsIgnoreCase(name, "Message-ID"u8) => Field.MessageId,
        11 when Ascii.EqualsIgnoreCase(name, "In-Reply-To"u8) => Field.InReplyTo,
        _ => null,
    };

    /// <summary>Raw but for line ends and white space around the first line: clients compare identifiers, so nothing inside
    /// changes.</summary>
    private static void WriteText(ReadOnlySpan<byte> header, List<Range>? values, IBufferWriter<byte> output)
    {
        if (values is null)
            ImapString.WriteNil(output);
        else
            ImapString.Write(output, HeaderText.Unfold(header[values[^1]]));
    }

    private static void WriteSubject(ReadOnlySpan<byte> header, List<Range>? values, IBufferWriter<byte> output)
    {
        if (values is null)
            ImapString.WriteNil(output);
        else
            HeaderText.WriteForPeople(output, header[values[^1]]);
    }

    /// <summary>False, and nothing written, where there is no address.</summary>
    private static bool WriteAddresses(ReadOnlySpan<byte> header, List<Range>? values, IBufferWriter<byte> output)
    {
        var count = 0;
        foreach (var value in values ?? [])
        {
            var addresses = new AddressList(header[value]);
            while (count < MimeLimits.EnvelopeAddresses && addresses.MoveNext())
            {
                if (count++ == 0)
                    output.Write("("u8);
                Write(addresses, output);
            }
        }
        if (count > 0)
            output.Write(")"u8);
        return count > 0;
    }

    /// <summary>address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"; a group begins with a NIL host and ends with
    /// a NIL mailbox, so that a missing domain must be written as an empty string.</summary>
    private static void Write(in AddressList address, IBufferWriter<byte> output)
    {
        if (address.Kind == AddressKind.GroupEnd)
        {
            output.Write("(NIL NIL NIL NIL)"u8);
            return;
        }
        output.Write("("u8);
        if (address.Kind == AddressKind.GroupStart || address.Name.IsEmpty)
            ImapString.WriteNil(output);
        else
            HeaderText.WriteForPeople(output, address.Name);
        output.Write(" "u8);
        if (address.Route.IsEmpty)
            ImapString.WriteNil(output);
        else
            ImapString.Write(output, address.Route);
        output.Write(" "u8);
        ImapString.Write(output, address.Mailbox);
        output.Write(" "u8);
        if (address.Kind == AddressKind.GroupStart)
            ImapString.WriteNil(output);
        else
            ImapString.Write(output, address.Host);
        output.Write(")"u8);
    }
}
