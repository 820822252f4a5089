using System.Buffers;

namespace Courier.Mail.Mime;

/// <summary>ENVELOPE, BODY and BODYSTRUCTURE in the form that goes over the wire (RFC 3501 §7.4.2), so that mailboxes can
/// keep them as bytes. 8-bit header text is written as it stands in quoted strings or literals only where the grammar allows.</summary>
public static class ImapForm
{
    /// <summary>Writes <c>("date" "subject" ((…)) …)</c> of the header that begins at <paramref name="part"/>'s header.</summary>
    public static void WriteEnvelope(ReadOnlySpan<byte> message, MimePart part, IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>BODYSTRUCTURE: with extension data.</summary>
    public static void WriteBodyStructure(ReadOnlySpan<byte> message, MimePart root, IBufferWriter<byte> output) => throw new NotImplementedException();

    /// <summary>BODY without a section: no extension data.</summary>
    public static void WriteBody(ReadOnlySpan<byte> message, MimePart root, IBufferWriter<byte> output) => throw new NotImplementedException();
}
