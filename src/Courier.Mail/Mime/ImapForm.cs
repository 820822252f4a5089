using System.Buffers;

namespace Courier.Mail.Mime;

/// <summary>ENVELOPE, BODY and BODYSTRUCTURE in the form that goes over the wire (RFC 3501 §7.4.2), so that mailboxes can
/// keep them as bytes. 8-bit header text is written as it stands, and then as a literal, for the grammar allows it only there.</summary>
public static class ImapForm
{
    /// <summary>Writes <c>("date" "subject" ((…)) …)</c> of the header that begins at <paramref name="part"/>'s header.</summary>
    public static void WriteEnvelope(ReadOnlySpan<byte> message, MimePart part, IBufferWriter<byte> output) =>
        WriteEnvelope(message.Slice(part.HeaderStart, part.HeaderLength), output);

    /// <summary>The same of a header.</summary>
    public static void WriteEnvelope(ReadOnlySpan<byte> header, IBufferWriter<byte> output) => ImapEnvelope.Write(header, output);

    /// <summary>BODYSTRUCTURE: with extension data.</summary>
    public static void WriteBodyStructure(ReadOnlySpan<byte> message, MimePart root, IBufferWriter<byte> output) =>
        WriteBodyStructure(message, root, hasBareLines: false, output);

    /// <summary>The same of a message as it lies on the disk.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="root">What it is made of.</param>
    /// <param name="hasBareLines">Its line ends are all LF, each of which goes over the wire as CRLF.</param>
    /// <param name="output">Where it goes.</param>
    public static void WriteBodyStructure(ReadOnlySpan<byte> message, MimePart root, bool hasBareLines, IBufferWriter<byte> output) =>
        new ImapBodyStructure(message, output, isExtended: true, hasBareLines).Write(root);

    /// <summary>BODY without a section: no extension data.</summary>
    public static void WriteBody(ReadOnlySpan<byte> message, MimePart root, IBufferWriter<byte> output) =>
        WriteBody(message, root, hasBareLines: false, output);

    /// <inheritdoc cref="WriteBodyStructure(ReadOnlySpan{byte}, MimePart, bool, IBufferWriter{byte})"/>
    public static void WriteBody(ReadOnlySpan<byte> message, MimePart root, bool hasBareLines, IBufferWriter<byte> output) =>
        new ImapBodyStructure(message, output, isExtended: false, hasBareLines).Write(root);
}
