namespace Courier.Mail.Headers;

/// <summary>Dates of header fields (RFC 5322 §3.3, §4.3) and of IMAP (RFC 3501 §9).</summary>
public static class MailDate
{
    /// <summary>Reads a Date field, obsolete forms and zones included.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DateTimeOffset date) => throw new NotImplementedException();

    /// <summary><c>Sat, 21 Nov 2026 01:02:03 +0000</c>.</summary>
    public static string Format(DateTimeOffset date) => throw new NotImplementedException();

    /// <summary>IMAP date-time without its quotes: <c>21-Nov-2026 01:02:03 +0000</c>, day padded with a space.</summary>
    public static string FormatImap(DateTimeOffset date) => throw new NotImplementedException();

    public static bool TryParseImap(ReadOnlySpan<byte> text, out DateTimeOffset date) => throw new NotImplementedException();
}
