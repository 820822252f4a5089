using System.Text;
using Courier.Mail.Headers;
using Courier.Mail.Mime;
using Courier.Mailboxes.FullText;

namespace Courier.Mailboxes.Search;

/// <summary>The text of a message as people see it: encoded words, transfer encodings and charsets undone (RFC 2047, RFC 2045).
/// Where the bytes are the text already they are searched in place.</summary>
internal static class MessageText
{
    /// <summary>The date of the Date field in the zone it was written in.</summary>
    public static DateOnly? SentOn(ReadOnlySpan<byte> header) =>
        HeaderReader.Find(header, "Date"u8) is { } value && MailDate.TryParse(value, out var date) ? DateOnly.FromDateTime(date.DateTime) : null;

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

    /// <summary>The grams of everything that the searches above look at.</summary>
    public static void CollectGrams(MessageContent message, GramSet grams)
    {
        CollectHeader(message.Header.Span, grams);
        var bytes = message.Bytes.Span;
        var open = new Stack<(MimePart Part, bool IsRoot)>([(message.Structure, true)]);
        while (open.TryPop(out var next))
        {
            var (part, isRoot) = next;
            if (!isRoot)
                CollectHeader(bytes.Slice(part.HeaderStart, part.HeaderLength), grams);
            if (part.Children.Count == 0 && part.Type == "text")
                CollectText(bytes, part, grams);
            foreach (var child in part.Children)
                open.Push((child, IsRoot: false));
        }
    }

    private static void CollectHeader(ReadOnlySpan<byte> header, GramSet grams)
    {
        foreach (var field in new HeaderReader(header))
        {
            // A value that is decoded may read otherwise alone than after its name.
            if (!CollectValue(header[field.All], grams))
                CollectValue(header[field.Value], grams);
        }
    }

    private static bool CollectValue(ReadOnlySpan<byte> value, GramSet grams)
    {
        if (IsPlain(value))
        {
            grams.AddAscii(value);
            return true;
        }

        grams.Add(EncodedWord.Decode(value));
        return false;
    }

    private static void CollectText(ReadOnlySpan<byte> message, MimePart part, GramSet grams)
    {
        var body = message.Slice(part.BodyStart, part.BodyLength);
        if (part.TransferEncoding is "7bit" or "8bit" or "binary" && IsAsciiBased(part) && Ascii.IsValid(body))
            grams.AddAscii(body);
        else if (MimeText.Of(message, part) is { } text)
            grams.Add(text);
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
        if (IsPlain(value))
            return pattern.IsAscii && pattern.IsIn(value);
        return pattern.IsIn(EncodedWord.Decode(value).AsSpan());
    }

    /// <summary>The octets are the text.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> value) => Ascii.IsValid(value) && value.IndexOf("=?"u8) < 0 && !value.Contains((byte)'\n');
}
