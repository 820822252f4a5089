using System.Globalization;
using System.Text;

namespace Courier.Mail.Headers;

/// <summary>The collation i;unicode-casemap (RFC 5051 §2): each character in title case, decomposed, as UTF-8, compared as octets.
/// What sorts and threads compare (RFC 5255 §4.3).</summary>
public static class CaseMap
{
    /// <summary>The octets to compare.</summary>
    public static byte[] Key(string text)
    {
        if (Ascii.IsValid(text))
            return Encoding.ASCII.GetBytes(text.ToUpperInvariant());
        var upper = text.ToUpperInvariant();
        return Encoding.UTF8.GetBytes(IsWellFormed(upper) ? upper.Normalize(NormalizationForm.FormKD) : upper);
    }

    /// <summary>A coarser form for indexes: of a text that contains another, as it is or by its octets to compare, this form contains that of
    /// the other. Marks are left out, because their order depends on what stands beside them; what is in upper case may still be lower.</summary>
    public static string Fold(string text)
    {
        if (Ascii.IsValid(text))
            return text;
        var upper = text.ToUpperInvariant();
        var decomposed = (IsWellFormed(upper) ? upper : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(upper))).Normalize(NormalizationForm.FormKD);
        var folded = new StringBuilder(decomposed.Length);
        Span<char> units = stackalloc char[2];
        foreach (var rune in decomposed.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
                folded.Append(units[..rune.EncodeToUtf16(units)]);
        }

        return folded.ToString();
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
