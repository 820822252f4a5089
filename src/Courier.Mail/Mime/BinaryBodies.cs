using System.Buffers;
using Courier.Mail.Headers;

namespace Courier.Mail.Mime;

/// <summary>Rewrites the parts of a message that are sent as they are, octet for octet (<c>Content-Transfer-Encoding: binary</c>, RFC 3030), into
/// base64: no store and no next hop has to bear NUL and lines without end.</summary>
public static class BinaryBodies
{
    /// <summary>The message with every binary leaf encoded; null when it has none.</summary>
    public static byte[]? Encode(ReadOnlySpan<byte> message)
    {
        var parts = new List<MimePart>();
        Collect(MimeReader.Read(message, MimeLimits.Default), parts);
        if (parts.Count == 0)
            return null;
        var output = new ArrayBufferWriter<byte>(message.Length + (message.Length / 2));
        var at = 0;
        foreach (var part in parts.OrderBy(part => part.HeaderStart))
        {
            var header = message.Slice(part.HeaderStart, part.HeaderLength);
            if (FindEncoding(header) is not { } value)
                continue;
            output.Write(message[at..part.HeaderStart]);
            output.Write(header[..value.Start.Value]);
            output.Write(" base64"u8);
            output.Write(header[value.End.Value..]);
            WriteBase64(message.Slice(part.BodyStart, part.BodyLength), output);
            at = part.BodyStart + part.BodyLength;
        }

        output.Write(message[at..]);
        return output.WrittenSpan.ToArray();
    }

    private static void Collect(MimePart root, List<MimePart> parts)
    {
        var open = new Stack<MimePart>([root]);
        while (open.TryPop(out var part))
        {
            if (part.Children.Count == 0 && part.TransferEncoding == "binary")
                parts.Add(part);
            foreach (var child in part.Children)
                open.Push(child);
        }
    }

    private static Range? FindEncoding(ReadOnlySpan<byte> header)
    {
        foreach (var field in new HeaderReader(header))
        {
            if (!System.Text.Ascii.EqualsIgnoreCase(header[field.Name], "Content-Transfer-Encoding"u8))
                continue;
            var (start, length) = field.Value.GetOffsetAndLength(header.Length);
            var trimmed = header.Slice(start, length).TrimEnd("\r\n"u8);
            return start..(start + trimmed.Length);
        }

        return null;
    }

    private static void WriteBase64(ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        var lines = new Base64Lines(body, stackalloc byte[Base64Lines.Length]);
        while (lines.TryRead(out var line))
        {
            output.Write(line);
            output.Write("\r\n"u8);
        }
    }
}
