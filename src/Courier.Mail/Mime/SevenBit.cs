namespace Courier.Mail.Mime;

/// <summary>Says a message in seven bits (RFC 6152 §3): leaf parts with other octets become quoted-printable (text) or base64
/// (RFC 2045 §6), the encodings of what holds them follow. What the content means is not changed.</summary>
/// <remarks>Header fields beyond ASCII cannot be said in seven bits without knowing what they mean.</remarks>
public static class SevenBit
{
    /// <summary>Whether it needs converting at all.</summary>
    public static bool Holds(ReadOnlySpan<byte> text) => text.ContainsAnyExceptInRange((byte)0, (byte)127);

    /// <summary>For a server that takes seven bits only: the message in them; null where that cannot be done.</summary>
    /// <remarks>A signature over such a part no longer verifies: the sender chose 8bit for something signed, which RFC 1847 §2.1 forbids.</remarks>
    public static byte[]? Convert(ReadOnlyMemory<byte> message, MimeLimits limits)
    {
        var converted = new Conversion(message, keepsSigned: false).Run(limits) ?? message.ToArray();
        return Holds(converted) ? null : converted;
    }

    /// <summary>For us: with as much of it in seven bits as can be, but for what is signed; null where nothing is to be changed.</summary>
    public static byte[]? ConvertUnsigned(ReadOnlyMemory<byte> message, MimeLimits limits) => new Conversion(message, keepsSigned: true).Run(limits);

    private sealed class Conversion(ReadOnlyMemory<byte> message, bool keepsSigned)
    {
        private readonly PartEdits _edits = new(message);

        public byte[]? Run(MimeLimits limits)
        {
            Visit(MimeReader.Read(message.Span, limits), isRoot: true);
            return _edits.IsEmpty ? null : Recoding.Octets(_edits, message.Length + (message.Length / 4));
        }

        /// <returns>Whether other octets are left in the part's body.</returns>
        private bool Visit(MimePart part, bool isRoot)
        {
            var body = message.Slice(part.BodyStart, part.BodyLength);
            if (keepsSigned && Recoding.IsSigned(part))
                return Holds(body.Span);
            if (part.Children.Count == 0)
                return VisitLeaf(part, body, isRoot);

            var holds = false;
            var at = part.BodyStart;
            foreach (var child in part.Children)
            {
                // Their bodies apart: headers, boundaries, and what stands before and behind them.
                holds |= Holds(message.Span[at..child.BodyStart]) | Visit(child, isRoot: part.IsMessage);
                at = child.BodyStart + child.BodyLength;
            }

            holds |= Holds(message.Span[at..(part.BodyStart + part.BodyLength)]);
            if (!holds && part.TransferEncoding is "8bit" or "binary")
                _edits.SetEncoding(part, "7bit");
            return holds;
        }

        private bool VisitLeaf(MimePart part, ReadOnlyMemory<byte> body, bool isRoot)
        {
            if (!Holds(body.Span))
            {
                if (part.TransferEncoding is "8bit")
                    _edits.SetEncoding(part, "7bit");
                return false;
            }

            // RFC 2046 §5.2: of the message types none but rfc822 may be encoded, and that is gone through by Visit. An encoding that is not
            // what it says it is stays.
            if (part.Type is "message" or "multipart" || part.TransferEncoding is not ("7bit" or "8bit" or "binary")
                || (isRoot && !Recoding.HasHeader(message.Span, part)))
                return true;
            var isText = part.Type == "text" && part.TransferEncoding != "binary";
            if (isRoot)
                _edits.BecomeMime(part, "text/plain; charset=" + Charset(body.Span));
            _edits.SetEncoding(part, isText ? "quoted-printable" : "base64");
            _edits.SetBody(part, isText ? write => Recoding.WriteQuotedPrintable(body.Span, write) : write => Recoding.WriteBase64(body.Span, write));
            return false;
        }

        /// <summary>RFC 1428 §3: what nobody named. Other octets that happen to be good UTF-8 hardly ever are anything else.</summary>
        private static string Charset(ReadOnlySpan<byte> text) => System.Text.Unicode.Utf8.IsValid(text) ? "utf-8" : "unknown-8bit";
    }
}
