namespace Courier.Mail.Mime;

/// <summary>Says a message's text as it is: text that is quoted-printable becomes 8bit (RFC 2045 §6), or 7bit where that does, and the encodings of
/// what holds it follow. What is signed stays, and so does text that is none of lines when it is decoded.</summary>
public static class EightBit
{
    /// <summary>RFC 5321 §4.5.3.1.6, without the CRLF.</summary>
    private const int LineLength = 998;

    /// <returns>Null where nothing is to be changed.</returns>
    public static byte[]? Convert(ReadOnlyMemory<byte> message, MimeLimits limits)
    {
        var conversion = new Conversion(message);
        conversion.Visit(MimeReader.Read(message.Span, limits));
        return conversion.Edits.IsEmpty ? null : Recoding.Octets(conversion.Edits, message.Length);
    }

    private sealed class Conversion(ReadOnlyMemory<byte> message)
    {
        private readonly List<byte[]> _boundaries = [];

        public PartEdits Edits { get; } = new(message);

        /// <returns>Whether the part's body has octets above 127 now, and had none before.</returns>
        public bool Visit(MimePart part)
        {
            if (Recoding.IsSigned(part))
                return false;
            if (part.Children.Count == 0)
                return VisitLeaf(part);
            if (part.TransferEncoding is not ("7bit" or "8bit" or "binary"))
                return false;

            var boundary = part.IsMultipart ? ContentHeader.Boundary(part) : null;
            if (boundary is not null)
                _boundaries.Add(boundary);
            var rises = false;
            foreach (var child in part.Children)
                rises |= Visit(child);
            if (boundary is not null)
                _boundaries.RemoveAt(_boundaries.Count - 1);
            if (rises && part.TransferEncoding == "7bit")
                Edits.SetEncoding(part, "8bit");
            return rises;
        }

        private bool VisitLeaf(MimePart part)
        {
            var body = message.Span.Slice(part.BodyStart, part.BodyLength);
            if (part.Type != "text" || part.TransferEncoding != "quoted-printable" || !TransferEncodings.IsQuotedPrintable(body))
                return false;
            var decoded = TransferEncodings.DecodeQuotedPrintable(body);
            var endsMessage = part.BodyStart + part.BodyLength == message.Length;
            if (!IsLines(decoded) || (endsMessage && decoded is not [] and not [.., (byte)'\r', (byte)'\n']))
                return false;
            var holds = SevenBit.Holds(decoded);
            Edits.SetEncoding(part, holds ? "8bit" : "7bit");
            Edits.SetBody(part, write => write(decoded));
            return holds;
        }

        /// <summary>RFC 2045 §2.8: no NUL, no CR or LF but at the end of a line, no long line; and none that a multipart around it would take for its boundary.</summary>
        private bool IsLines(ReadOnlySpan<byte> text)
        {
            while (!text.IsEmpty)
            {
                var end = text.IndexOfAny((byte)'\r', (byte)'\n', (byte)0);
                var line = end < 0 ? text : text[..end];
                if (line.Length > LineLength || IsBoundary(line) || (end >= 0 && !text[end..].StartsWith("\r\n"u8)))
                    return false;
                text = end < 0 ? default : text[(end + 2)..];
            }

            return true;
        }

        private bool IsBoundary(ReadOnlySpan<byte> line)
        {
            if (!line.StartsWith("--"u8))
                return false;
            foreach (var boundary in _boundaries)
            {
                if (line[2..].StartsWith(boundary))
                    return true;
            }

            return false;
        }
    }
}
