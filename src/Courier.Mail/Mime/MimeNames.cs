using System.Collections.Frozen;
using System.Text;

namespace Courier.Mail.Mime;

/// <summary>Lower-case names of types, encodings and parameters. The usual ones are shared, so that a mailbox of parsed messages
/// holds each once.</summary>
internal static class MimeNames
{
    private static readonly FrozenSet<string> Usual = FrozenSet.Create(StringComparer.Ordinal,
        "text", "plain", "html", "calendar", "multipart", "mixed", "alternative", "related", "report", "signed", "digest",
        "message", "rfc822", "delivery-status", "application", "octet-stream", "pdf", "image", "jpeg", "png", "gif", "audio", "video",
        "7bit", "8bit", "binary", "base64", "quoted-printable",
        "charset", "boundary", "name", "filename", "format", "delsp", "type", "protocol", "micalg", "report-type", "method",
        "attachment", "inline");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> UsualBySpan =
        Usual.GetAlternateLookup<ReadOnlySpan<char>>();

    public static string Lower(ReadOnlySpan<byte> name)
    {
        Span<char> lower = stackalloc char[32];
        if (name.Length > lower.Length)
            return Encoding.Latin1.GetString(name).ToLowerInvariant();
        lower = lower[..Encoding.Latin1.GetChars(name, lower)];
        foreach (ref var c in lower)
            if (char.IsAsciiLetterUpper(c))
                c |= ' ';
        return UsualBySpan.TryGetValue(lower, out var shared) ? shared : lower.ToString();
    }
}
