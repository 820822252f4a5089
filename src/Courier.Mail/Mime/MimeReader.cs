namespace Courier.Mail.Mime;

/// <summary>Reads the structure of a message in one pass over its bytes.</summary>
public static class MimeReader
{
    /// <param name="message">The whole message; lines may end in CRLF or LF.</param>
    /// <param name="limits">What it may cost.</param>
    public static MimePart Read(ReadOnlySpan<byte> message, MimeLimits limits) => throw new NotImplementedException();
}
