using System.Buffers;
using Courier.Mail.Headers;

namespace Courier.Mail.Mime;

/// <summary>What those have in common that change how the parts of a message are encoded.</summary>
public static class Recoding
{
    /// <summary>Its lines have CRLF; the last has none, which is the boundary's where one follows.</summary>
    public static void WriteBase64(ReadOnlySpan<byte> body, Action<ReadOnlySpan<byte>> write)
    {
        var lines = new Base64Lines(body, stackalloc byte[Base64Lines.Length]);
        while (lines.TryRead(out var line))
        {
            write(line);
            if (!lines.IsAtEnd)
                write("\r\n"u8);
        }
    }

    internal static void WriteQuotedPrintable(ReadOnlySpan<byte> body, Action<ReadOnlySpan<byte>> write)
    {
        var encoded = new ArrayBufferWriter<byte>(body.Length + (body.Length / 4) + 1);
        TransferEncodings.EncodeQuotedPrintable(body, encoded);
        write(encoded.WrittenSpan);
    }

    /// <summary>A signature is over the octets of what it holds, its encoding among them (RFC 1847 §2.1).</summary>
    internal static bool IsSigned(MimePart part) => part is { Type: "multipart", Subtype: "signed" };

    /// <summary>Whether a message begins with fields; else there is no place that says what its text is.</summary>
    internal static bool HasHeader(ReadOnlySpan<byte> message, MimePart root)
    {
        var header = message.Slice(root.HeaderStart, root.HeaderLength);
        foreach (var field in new HeaderReader(header))
            return !header[field.Name].IsEmpty || header.StartsWith("From "u8) || header.StartsWith(">From "u8);
        return HeaderReader.EndsWithEmptyLine(header);
    }

    internal static byte[] Octets(PartEdits edits, int about)
    {
        var output = new ArrayBufferWriter<byte>(about + 1);
        edits.Apply(piece => output.Write(piece));
        return output.WrittenSpan.ToArray();
    }
}
