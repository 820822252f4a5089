namespace Courier.Mail.Headers;

/// <summary>Mailbox names on the wire (RFC 3501 §5.1.3).</summary>
public static class ModifiedUtf7
{
    /// <summary>False where the text is not valid modified UTF-7.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, out string name) => throw new NotImplementedException();

    public static string Encode(string name) => throw new NotImplementedException();
}
