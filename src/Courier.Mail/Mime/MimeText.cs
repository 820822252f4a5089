namespace Courier.Mail.Mime;

/// <summary>Content as text: transfer encoding undone, charset decoded. For SEARCH and for people.</summary>
public static class MimeText
{
    /// <summary>Undoes base64 and quoted-printable (RFC 2045 §6.7, §6.8); broken input gives what can be had of it.</summary>
    public static byte[] DecodeTransfer(ReadOnlySpan<byte> body, string transferEncoding) => throw new NotImplementedException();

    /// <summary>Decodes by charset name; an unknown charset is read as UTF-8 where that is valid, else Latin-1. Never throws.</summary>
    public static string DecodeCharset(ReadOnlySpan<byte> content, string? charset) => throw new NotImplementedException();

    /// <summary>The decoded text of a text/* part; null for other parts.</summary>
    public static string? Of(ReadOnlySpan<byte> message, MimePart part) => throw new NotImplementedException();
}
