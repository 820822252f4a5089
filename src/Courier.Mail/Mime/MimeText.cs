namespace Courier.Mail.Mime;

/// <summary>Content as text: transfer encoding undone, charset decoded. For SEARCH and for people.</summary>
public static class MimeText
{
    /// <summary>Undoes base64 and quoted-printable (RFC 2045 §6.7, §6.8); broken input gives what can be had of it.</summary>
    public static byte[] DecodeTransfer(ReadOnlySpan<byte> body, string transferEncoding) => transferEncoding switch
    {
        _ when transferEncoding.Equals("base64", StringComparison.OrdinalIgnoreCase) => TransferEncodings.DecodeBase64(body),
        _ when transferEncoding.Equals("quoted-printable", StringComparison.OrdinalIgnoreCase) =>
            TransferEncodings.DecodeQuotedPrintable(body),
        _ => body.ToArray(),
    };

    /// <summary>Decodes by charset name; an unknown charset is read as UTF-8 where that is valid, else Latin-1. Never throws.</summary>
    public static string DecodeCharset(ReadOnlySpan<byte> content, string? charset) =>
        (Charsets.Find(charset) ?? Charsets.Guess(content)).GetString(content);

    /// <summary>The decoded text of a text/* part; null for other parts.</summary>
    public static string? Of(ReadOnlySpan<byte> message, MimePart part)
    {
        if (part.Type != "text")
            return null;
        var body = message.Slice(part.BodyStart, part.BodyLength);
        var charset = ContentHeader.Parameter(part.Parameters, "charset");
        return part.TransferEncoding is "base64" or "quoted-printable"
            ? DecodeCharset(DecodeTransfer(body, part.TransferEncoding), charset)
            : DecodeCharset(body, charset);
    }
}
