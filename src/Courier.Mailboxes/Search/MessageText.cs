using System.Text;
using Courier.Mail.Headers;
using Courier.Mail.Mime;

namespace Courier.Mailboxes.Search;

/// <summary>The text of a message as people see it: encoded words, transfer encodings and charsets undone (RFC 2047, RFC 2045).
/// Where the bytes are the text already they are searched in place.</summary>
internal static class MessageText
{
    /// <summary>The date of the Date field in the zone it was written in.</summary>
    public static DateOnly? SentOn(MessageContent message) =>
        HeaderReader.Find(message.Header.Span, "Date"u8) is { } value && MailDate.TryParse(value, out var date) ? DateOnly.FromDateTime(date.DateTime) : null;

    public static bool HasField(ReadOnlySpan<byte> header, string name, TextPattern pattern)
    {
        foreach (var field in new HeaderReader(header))
        {
            if (Ascii.EqualsIgnoreCase(header[field.Name], name) && (pattern.IsEmpty || IsInValue(header[field.Value], pattern)))
                return true;
        }

        return false;
    }

    /// <summary>Field by field, names included.</summary>
    public static bool IsInHeader(ReadOnlySpan<byte> header, TextPattern pattern)
    {
        foreach (var field in new HeaderReader(header))
        {
            if (IsInValue(header[field.All], pattern))
                return true;
        }

        return false;
    }

    /// <summary>Text parts, and the headers of parts and of messages within.</summary>
    public static bool IsInBody(MessageContent message, TextPattern pattern)
    {
        if (pattern.IsEmpty)
            return true;
        var bytes = message.Bytes.Span;
        var open = new Stack<(MimePart Part, bool IsRoot)>([(message.Structure, true)]);
        while (open.TryPop(out var next))
        {
            var (part, isRoot) = next;
            if (!isRoot && IsInHeader(bytes.Slice(part.HeaderStart, part.HeaderLength), pattern))
                return true;
            if (part.Children.Count == 0 && IsInText(bytes, part, pattern))
                return true;
            foreach (var child in part.Children)
                open.Push((child, IsRoot: false));
        }

        return false;
    }

    private static bool IsInText(ReadOnlySpan<byte> message, MimePart part, TextPattern pattern)
    {
        if (part.Type != "text")
            return false;
        var body = message.Slice(part.BodyStart, part.BodyLength);
        if (pattern.IsAscii && part.TransferEncoding is "7bit" or "8bit" or "binary" && IsAsciiBased(part))
        {
            if (pattern.IsIn(body))
                return true;
            // Beyond ASCII a letter may hold an ASCII one: é is e and an accent (RFC 5051).
            if (Ascii.IsValid(body))
                return false;
        }

        return MimeText.Of(message, part) is { } text && pattern.IsIn(text.AsSpan());
    }

    // In these charsets an octet below 128 is always that ASCII character.
    private static bool IsAsciiBased(MimePart part)
    {
        foreach (var (name, value) in part.Parameters)
        {
            if (name == "charset")
                return value.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || value.Equals("us-ascii", StringComparison.OrdinalIgnoreCase)
                    || value.StartsWith("iso-8859-", StringComparison.OrdinalIgnoreCase) || value.StartsWith("windows-125", StringComparison.OrdinalIgnoreCase);
        }

        return true;
    }

    private static bool IsInValue(ReadOnlySpan<byte> value, TextPattern pattern)
    {
        var isPlain = Ascii.IsValid(value) && value.IndexOf("=?"u8) < 0 && !value.Contains((byte)'\n');
        if (isPlain)
            return pattern.IsAscii && pattern.IsIn(value);
        return pattern.IsIn(EncodedWord.Decode(value).AsSpan());
    }
}
