using System.Buffers;
using System.Text;

namespace Courier.Mail.Mime;

/// <summary>Makes a message fit for servers that take seven bits only (RFC 6152 §3): leaf parts with other octets become quoted-printable
/// (text) or base64 (RFC 2045 §6), the encodings of what holds them follow. What the content means is not changed.</summary>
/// <remarks>A signature over such a part no longer verifies: the sender chose 8bit for something signed, which RFC 1847 §2.1 forbids.
/// Header fields beyond ASCII cannot be said in seven bits without knowing what they mean: such a message is not converted.</remarks>
public static class SevenBit
{
    private sealed record Edit(int Start, int Length, Action<IBufferWriter<byte>> Write);

    /// <summary>Whether it needs converting at all.</summary>
    public static bool Holds(ReadOnlySpan<byte> text) => text.ContainsAnyExceptInRange((byte)0, (byte)127);

    /// <summary>The message in seven bits; null where that cannot be done.</summary>
    public static byte[]? Convert(ReadOnlyMemory<byte> message, MimeLimits limits)
    {
        var root = MimeReader.Read(message.Span, limits);
        var edits = new List<Edit>();
        Visit(message, root, edits, isRoot: true);
        var output = new ArrayBufferWriter<byte>(message.Length + (message.Length / 4));
        var at = 0;
        foreach (var edit in edits.OrderBy(edit => edit.Start))
        {
            output.Write(message.Span[at..edit.Start]);
            edit.Write(output);
            at = edit.Start + edit.Length;
        }

        output.Write(message.Span[at..]);
        return Holds(output.WrittenSpan) ? null : output.WrittenSpan.ToArray();
    }

    private static void Visit(ReadOnlyMemory<byte> message, MimePart part, List<Edit> edits, bool isRoot)
    {
        if (part.Children.Count > 0)
        {
            if (part.TransferEncoding is "8bit" or "binary")
                SetEncoding(message, part, "7bit", edits, isRoot);
            foreach (var child in part.Children)
                Visit(message, child, edits, isRoot: part.IsMessage);
            return;
        }

        var body = message.Slice(part.BodyStart, part.BodyLength);
        if (!Holds(body.Span))
        {
            if (part.TransferEncoding is "8bit")
                SetEncoding(message, part, "7bit", edits, isRoot);
            return;
        }

        // RFC 2046 §5.2: of the message types none but rfc822 may be encoded, and that is gone through above. An encoding that is not what
        // it says it is stays: the check at the end finds it.
        if (part.Type is "message" or "multipart" || part.TransferEncoding is not ("7bit" or "8bit" or "binary"))
            return;
        var isText = part.Type == "text" && part.TransferEncoding != "binary";
        SetEncoding(message, part, isText ? "quoted-printable" : "base64", edits, isRoot);
        edits.Add(new Edit(part.BodyStart, part.BodyLength, output =>
        {
            if (isText)
                TransferEncodings.EncodeQuotedPrintable(body.Span, output);
            else
                EncodeBase64(body.Span, output);
        }));
    }

    /// <summary>Takes the old field out, and puts one at the header's end; a message that is not MIME yet becomes so.</summary>
    private static void SetEncoding(ReadOnlyMemory<byte> message, MimePart part, string encoding, List<Edit> edits, bool isRoot)
    {
        var header = message.Span.Slice(part.HeaderStart, part.HeaderLength);
        foreach (var range in Fields(header, "Content-Transfer-Encoding"))
            edits.Add(new Edit(part.HeaderStart + range.Start.Value, range.End.Value - range.Start.Value, static _ => { }));
        var field = new StringBuilder($"Content-Transfer-Encoding: {encoding}\r\n");
        if (isRoot && Fields(header, "MIME-Version").Count == 0)
            field.Insert(0, "MIME-Version: 1.0\r\n");
        // RFC 1428 §3: what nobody named.
        if (isRoot && encoding == "quoted-printable" && Fields(header, "Content-Type").Count == 0)
            field.Insert(0, "Content-Type: text/plain; charset=unknown-8bit\r\n");
        var end = header.Length - (header.EndsWith("\r\n\r\n"u8) || header.SequenceEqual("\r\n"u8) ? 2 : header.EndsWith("\n\n"u8) || header.SequenceEqual("\n"u8) ? 1 : 0);
        var octets = Encoding.ASCII.GetBytes(field.ToString());
        edits.Add(new Edit(part.HeaderStart + end, 0, output => output.Write(octets)));
    }

    private static List<Range> Fields(ReadOnlySpan<byte> header, string name)
    {
        var found = new List<Range>();
        var start = 0;
        while (start < header.Length)
        {
            var end = start;
            do
            {
                var length = header[end..].IndexOf((byte)'\n');
                end = length < 0 ? header.Length : end + length + 1;
            }
            while (end < header.Length && header[end] is (byte)' ' or (byte)'\t');
            var field = header[start..end];
            if (field.Length > name.Length && Ascii.EqualsIgnoreCase(field[..name.Length], name) && field[name.Length..].TrimStart(" \t"u8) is [(byte)':', ..])
                found.Add(start..end);
            start = end;
        }

        return found;
    }

    private static void EncodeBase64(ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        var lines = new Base64Lines(body, stackalloc byte[Base64Lines.Length]);
        while (lines.TryRead(out var line))
        {
            output.Write(line);
            if (!lines.IsAtEnd)
                output.Write("\r\n"u8);
        }
    }
}
