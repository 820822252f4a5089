using System.Buffers;
using System.Text;
using Courier.IO.Files;
using Courier.IO.Wire;
using Courier.Mail.Headers;
using Courier.Mail.Mime;

namespace Courier.Smtp.Server;

/// <summary>Makes a message that came with BODY=BINARYMIME one of lines, on acceptance: parts whose encoding is binary become base64, what
/// holds such parts 8bit, and all other line ends CRLF (RFC 3030 §3, RFC 2045 §6). So everything behind us handles text only.</summary>
internal ref struct BinaryParts
{
    private readonly ReadOnlySpan<byte> _message;
    private readonly MessageBuffer _output;
    private bool _endsWithLineEnd;

    private BinaryParts(ReadOnlySpan<byte> message, MessageBuffer output)
    {
        _message = message;
        _output = output;
        _endsWithLineEnd = true;
    }

    /// <param name="message">As received.</param>
    /// <param name="output">Takes the text.</param>
    public static void Encode(MessageBuffer message, MessageBuffer output)
    {
        if (message.FilePath is null)
        {
            Encode(message.Memory.Span, output);
            return;
        }

        var length = checked((int)message.Length);
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            using var stream = message.OpenRead();
            stream.ReadExactly(whole, 0, length);
            Encode(whole.AsSpan(0, length), output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    public static void Encode(ReadOnlySpan<byte> message, MessageBuffer output)
    {
        var parts = new BinaryParts(message, output);
        parts.Write(MimeReader.Read(message, MimeLimits.Default));
        if (!parts._endsWithLineEnd)
            parts.Put("\r\n"u8);
    }

    // As deep as MimeLimits.Depth lets parts nest.
    private void Write(MimePart part)
    {
        var isBinary = part.TransferEncoding == "binary";
        var isLeaf = part.Children.Count == 0;
        WriteHeader(_message.Slice(part.HeaderStart, part.HeaderLength), !isBinary ? default : isLeaf ? "base64"u8 : "8bit"u8);
        var body = _message.Slice(part.BodyStart, part.BodyLength);
        if (isLeaf && isBinary)
        {
            WriteBase64(body);
            return;
        }

        var position = part.BodyStart;
        foreach (var child in part.Children)
        {
            WriteText(_message[position..child.HeaderStart]);
            Write(child);
            position = child.BodyStart + child.BodyLength;
        }

        WriteText(_message[position..(part.BodyStart + part.BodyLength)]);
    }

    /// <summary>A second field of the name says nothing that counts, and is left out with the first.</summary>
    private void WriteHeader(ReadOnlySpan<byte> header, ReadOnlySpan<byte> encoding)
    {
        var position = 0;
        var isFirst = true;
        foreach (var field in new HeaderReader(header))
        {
            if (encoding.IsEmpty || !Ascii.EqualsIgnoreCase(header[field.Name], "Content-Transfer-Encoding"u8))
                continue;
            WriteText(header[position..field.Start]);
            position = field.Start + field.Length;
            if (isFirst)
            {
                Put("Content-Transfer-Encoding: "u8);
                Put(encoding);
                isFirst = false;
                continue;
            }

            // With its line end, of which a CR may be the first half.
            position += header[position..] is [(byte)'\r', (byte)'\n', ..] ? 2 : position < header.Length ? 1 : 0;
        }

        WriteText(header[position..]);
    }

    private void WriteText(ReadOnlySpan<byte> text)
    {
        var decoder = default(LineEndDecoder);
        while (decoder.TryRead(ref text, out var piece))
            Put(piece);
    }

    private void WriteBase64(ReadOnlySpan<byte> body)
    {
        var lines = new Base64Lines(body, stackalloc byte[Base64Lines.Length]);
        while (lines.TryRead(out var line))
        {
            Put(line);
            // The line end of the last line is the boundary's, where one follows.
            if (!lines.IsAtEnd)
                Put("\r\n"u8);
        }
    }

    private void Put(scoped ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return;
        _output.Write(text);
        _endsWithLineEnd = text[^1] == (byte)'\n';
    }
}
