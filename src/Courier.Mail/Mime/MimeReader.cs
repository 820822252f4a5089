namespace Courier.Mail.Mime;

/// <summary>Reads the structure of a message in one pass over its bytes.</summary>
/// <remarks>Iterative: the open parts are a list, so that nesting costs no stack. A boundary line belongs to the innermost open
/// multipart whose boundary is the longest that the line begins with (RFC 2046 §5.1.1 compares the beginning only; of two
/// boundaries, one the start of the other, the longer is meant). It closes all parts inside, however they look.</remarks>
public static class MimeReader
{
    /// <param name="message">The whole message; lines may end in CRLF or LF.</param>
    /// <param name="limits">What it may cost.</param>
    public static MimePart Read(ReadOnlySpan<byte> message, MimeLimits limits)
    {
        var scan = new MimeScan(message, limits);
        return scan.Run();
    }
}
