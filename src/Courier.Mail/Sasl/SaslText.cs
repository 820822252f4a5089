using System.Text;
using System.Text.Unicode;

namespace Courier.Mail.Sasl;

/// <summary>The characters of credentials: UTF-8 without NUL (RFC 4616 §2, SAFE).</summary>
internal static class SaslText
{
    public static string? Read(ReadOnlySpan<byte> octets, int least, int most)
    {
        if (octets.Length < least || octets.Length > most || octets.Contains((byte)0) || !Utf8.IsValid(octets))
            return null;
        return Encoding.UTF8.GetString(octets);
    }
}
