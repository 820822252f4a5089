using System.Text;

namespace Courier.Mail.Headers;

/// <summary>The collation i;unicode-casemap (RFC 5051 §2): each character in title case, decomposed, as UTF-8, compared as octets.
/// What sorts and threads compare (RFC 5255 §4.3).</summary>
public static class CaseMap
{
    /// <summary>The octets to compare.</summary>
    public static byte[] Key(string text) => Encoding.UTF8.GetBytes(Map(text));

    /// <summary>The same as text.</summary>
    public static string Map(string text)
    {
        var upper = text.ToUpperInvariant();
        return Ascii.IsValid(upper) || !IsWellFormed(upper) ? upper : upper.Normalize(NormalizationForm.FormKD);
    }

    // Half of a surrogate pair cannot be decomposed; decoders make none, but a string may be cut.
    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[++i]))
                return false;
        }

        return true;
    }
}
