namespace Courier.Mail.Headers;

/// <summary>Encoded words (RFC 2047) in header values.</summary>
public static class EncodedWord
{
    /// <summary>The value as text: encoded words decoded, neighbouring ones joined, raw 8-bit text read as UTF-8 or Latin-1.</summary>
    public static string Decode(ReadOnlySpan<byte> value) => throw new NotImplementedException();
}
