using System.Buffers;
using Courier.Mail.Headers;
using Courier.Mail.Mime;

namespace Courier.Mailboxes.Content;

/// <summary>Makes the forms and keys of a message as its file has it: line ends are not made CRLF for that, but for those of the header.</summary>
internal static class FormsMaker
{
    private const int FirstBytes = 16 * 1024;

    /// <summary>One a thread: nothing is awaited while it is in use.</summary>
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? Writer;

    /// <summary>Of how a message begins; null where its header goes on beyond that.</summary>
    internal static MessageForms? OfStart(ReadOnlySpan<byte> start)
    {
        var length = HeaderReader.HeaderLength(start);
        return HeaderReader.EndsWithEmptyLine(start[..length]) ? Of(start[..length], default, null, false, default) : null;
    }

    /// <summary>Of a whole message.</summary>
    /// <param name="disk">As it lies there.</param>
    /// <param name="limits">What it may cost.</param>
    /// <param name="known">What was made of its header before; empty where nothing was.</param>
    internal static MessageForms OfWhole(ReadOnlySpan<byte> disk, MimeLimits limits, in MessageForms known)
    {
        if (disk.IndexOf("\r\n"u8) < 0)
            return Of(disk[..HeaderReader.HeaderLength(disk)], disk, MimeReader.Read(disk, limits), hasBareLines: true, known);
        // Line ends of both kinds, or as no Maildir has them.
        var wire = ArrayPool<byte>.Shared.Rent(checked((int)LineEnds.WireLength(disk)));
        try
        {
            var message = wire.AsSpan(0, LineEnds.ToWire(disk, wire));
            return Of(message[..HeaderReader.HeaderLength(message)], message, MimeReader.Read(message, limits), hasBareLines: false, known);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(wire);
        }
    }

    /// <param name="header">With its empty line.</param>
    /// <param name="message">All of it, or nothing.</param>
    /// <param name="structure">What it is made of; null for the header alone.</param>
    /// <param name="hasBareLines">Each line end of the message is one octet, and two on the wire.</param>
    /// <param name="known">As above.</param>
    private static MessageForms Of(ReadOnlySpan<byte> header, ReadOnlySpan<byte> message, MimePart? structure, bool hasBareLines, in MessageForms known)
    {
        var output = Writer ??= new ArrayBufferWriter<byte>(FirstBytes);
        output.ResetWrittenCount();
        if (structure is not null)
            ImapForm.WriteBodyStructure(message, structure, hasBareLines, output);
        var extended = output.WrittenCount;
        if (structure is not null)
            ImapForm.WriteBody(message, structure, hasBareLines, output);
        var body = output.WrittenCount - extended;
        var envelope = 0;
        if (known.Envelope.IsEmpty)
        {
            var room = ArrayPool<byte>.Shared.Rent((int)LineEnds.WireLength(header));
            var wire = room.AsSpan(0, LineEnds.ToWire(header, room));
            ImapForm.WriteEnvelope(wire, output);
            envelope = output.WrittenCount - extended - body;
            MessageKeys.Write(output, wire);
            ArrayPool<byte>.Shared.Return(room);
        }

        ReadOnlyMemory<byte> bytes = output.WrittenSpan.ToArray();
        var ofHeader = bytes[(extended + body)..];
        return new MessageForms(envelope == 0 ? known.Envelope : ofHeader[..envelope], bytes[..extended], bytes.Slice(extended, body)) { Keys = envelope == 0 ? known.Keys : ofHeader[envelope..] };
    }
}
