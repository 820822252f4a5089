using System.Buffers;
using Courier.IO.Files;
using Courier.IO.Wire;
using Courier.Mail.Mime;

namespace Courier.Smtp.Server;

/// <summary>Makes a message that came with BODY=BINARYMIME one of lines, on acceptance: parts whose encoding is binary become base64, what
/// holds such parts 8bit, and all other line ends CRLF (RFC 3030 §3, RFC 2045 §6). So everything behind us handles text only.</summary>
internal static class BinaryParts
{
    /// <param name="message">As received.</param>
    /// <param name="output">Takes the text.</param>
    public static void Encode(MessageBuffer message, MessageBuffer output)
    {
        if (message.FilePath is null)
        {
            Encode(message.Memory, output);
            return;
        }

        var length = checked((int)message.Length);
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            using var stream = message.OpenRead();
            stream.ReadExactly(whole, 0, length);
            Encode(whole.AsMemory(0, length), output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    private static void Encode(ReadOnlyMemory<byte> message, MessageBuffer output)
    {
        var edits = new PartEdits(message);
        Visit(message, MimeReader.Read(message.Span, MimeLimits.Default), edits);
        var lines = default(LineEndDecoder);
        var endsWithLineEnd = true;
        edits.Apply(text =>
        {
            while (lines.TryRead(ref text, out var piece))
            {
                output.Write(piece);
                endsWithLineEnd = piece[^1] == (byte)'\n';
            }
        });
        if (!endsWithLineEnd)
            output.Write("\r\n"u8);
    }

    // As deep as MimeLimits.Depth lets parts nest.
    private static void Visit(ReadOnlyMemory<byte> message, MimePart part, PartEdits edits)
    {
        var isLeaf = part.Children.Count == 0;
        if (part.TransferEncoding == "binary")
        {
            edits.SetEncoding(part, isLeaf ? "base64" : "8bit");
            if (isLeaf)
                edits.SetBody(part, write => Recoding.WriteBase64(message.Span.Slice(part.BodyStart, part.BodyLength), write));
        }

        foreach (var child in part.Children)
            Visit(message, child, edits);
    }
}
