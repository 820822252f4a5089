using System.Net;
using System.Text;

namespace Courier.Mail.Mime;

/// <summary>The beginning of a message as a person would read it, for PREVIEW (RFC 8970): of the first text part that is no attachment,
/// without quoted lines and tags, white space collapsed.</summary>
public static class PreviewText
{
    /// <summary>RFC 8970 §3.2: at most 256 characters; this is what a phone shows.</summary>
    public const int MaxCharacters = 200;

    /// <summary>Octets of the part that are looked at: style sheets of HTML mail come before its text, and may be long.</summary>
    private const int MaxBytes = 64 * 1024;

    /// <summary>Parts that are looked at before we give up.</summary>
    private const int MaxParts = 100;

    /// <summary>Empty where there is no text.</summary>
    public static string Of(ReadOnlySpan<byte> message, MimePart root)
    {
        var open = new Stack<MimePart>([root]);
        MimePart? html = null;
        for (var parts = 0; parts < MaxParts && open.TryPop(out var part); parts++)
        {
            if (part.Type == "text" && part.Subtype == "plain" && Text(message, part) is { Length: > 0 } plain)
                return plain;
            if (part.Type == "text" && part.Subtype == "html")
                html ??= part;
            for (var i = part.Children.Count - 1; i >= 0; i--)
                open.Push(part.Children[i]);
        }

        return html is null ? "" : Cut(WithoutTags(Decode(message, html)));
    }

    private static string Text(ReadOnlySpan<byte> message, MimePart part)
    {
        var text = new StringBuilder();
        foreach (var line in Decode(message, part).AsSpan().EnumerateLines())
        {
            // A signature ends it; what is quoted was said by somebody else.
            if (line is "-- ")
                break;
            if (!line.StartsWith(">"))
                text.Append(line).Append(' ');
            if (text.Length > MaxCharacters * 4)
                break;
        }

        return Cut(text.ToString());
    }

    private static string Decode(ReadOnlySpan<byte> message, MimePart part)
    {
        var body = message.Slice(part.BodyStart, Math.Min(part.BodyLength, MaxBytes));
        if (part.TransferEncoding is "base64" or "quoted-printable")
            body = MimeText.DecodeTransfer(body, part.TransferEncoding);
        return MimeText.DecodeCharset(body, ContentHeader.Parameter(part.Parameters, "charset"));
    }

    private static string WithoutTags(string html)
    {
        var text = new StringBuilder();
        var rest = html.AsSpan();
        while (!rest.IsEmpty && text.Length < MaxCharacters * 8)
        {
            var tag = rest.IndexOf('<');
            text.Append(tag < 0 ? rest : rest[..tag]).Append(' ');
            if (tag < 0)
                break;
            rest = rest[tag..];
            foreach (var hidden in (string[])["style", "script", "head", "title"])
            {
                if (rest.Length > hidden.Length + 1 && rest[1..].StartsWith(hidden, StringComparison.OrdinalIgnoreCase) && !char.IsAsciiLetterOrDigit(rest[hidden.Length + 1]))
                {
                    var close = rest.IndexOf("</" + hidden, StringComparison.OrdinalIgnoreCase);
                    rest = close < 0 ? default : rest[close..];
                    break;
                }
            }

            var end = rest.IndexOf('>');
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return WebUtility.HtmlDecode(text.ToString());
    }

    private static string Cut(string text)
    {
        var cut = new StringBuilder(MaxCharacters);
        var count = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var isSpace = Rune.IsWhiteSpace(rune) || Rune.IsControl(rune) || rune.Value is 0xFEFF or 0x200B or 0x00AD;
            if (isSpace && (cut.Length == 0 || cut[^1] == ' '))
                continue;
            cut.Append(isSpace ? " " : rune.ToString());
            if (++count == MaxCharacters)
                break;
        }

        return cut.ToString().TrimEnd();
    }
}
