using System.Globalization;
using System.Text;

namespace Courier.Mail.Headers;

/// <summary>The collation i;unicode-casemap (RFC 5051 §2): each character in title case, decomposed, as UTF-8, compared as octets.
/// What sorts and threads compare (RFC 5255 §4.3).</summary>
public static class CaseMap
{
    /// <summary>The longest that one character becomes is 18 (U+FDFA).</summary>
    private const int MaxMapped = 32;

    private const char NoCharacter = '\ufffe';
    private const char Replacement = '\ufffd';
    private const char FirstMark = '\u0300';

    /// <summary>What characters become, found out when they are first met.</summary>
    private static readonly string?[]?[] Pages = new string?[256][];

    /// <summary>The octets to compare.</summary>
    public static byte[] Key(string text)
    {
        if (Ascii.IsValid(text))
            return Encoding.ASCII.GetBytes(text.ToUpperInvariant());
        var upper = text.ToUpperInvariant();
        return Encoding.UTF8.GetBytes(IsWellFormed(upper) ? upper.Normalize(NormalizationForm.FormKD) : upper);
    }

    /// <summary>The same as <see cref="Key"/>, in characters and much faster, for long texts that are looked through once. False where it takes all of the
    /// text to know: for what lies beyond 16 bits, and for marks in a row, whose order is not that of the text.</summary>
    public static bool TryMap(ReadOnlySpan<char> text, ref char[] buffer, out int length)
    {
        length = 0;
        foreach (var c in text)
        {
            if (buffer.Length < length + MaxMapped)
                Array.Resize(ref buffer, Math.Max(text.Length, buffer.Length) + Math.Max(MaxMapped, buffer.Length / 2));
            if (c < 128)
            {
                buffer[length++] = c is >= 'a' and <= 'z' ? (char)(c - ('a' - 'A')) : c;
                continue;
            }

            if (char.IsSurrogate(c) || c == NoCharacter)
                return false;
            var mapped = Mapped(c);
            if (length > 0 && IsMark(mapped[0]) && IsMark(buffer[length - 1]))
                return false;
            mapped.CopyTo(buffer.AsSpan(length));
            length += mapped.Length;
        }

        return true;
    }

    /// <summary>A coarser form for indexes: of a text that contains another, as it is or by its octets to compare, this form contains that of
    /// the other. Marks are left out, because their order depends on what stands beside them; what is in upper case may still be lower.</summary>
    public static string Fold(string text)
    {
        if (Ascii.IsValid(text))
            return text;
        var upper = text.ToUpperInvariant();
        var decomposed = (IsWellFormed(upper) ? upper : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(upper)).Replace(NoCharacter, Replacement)).Normalize(NormalizationForm.FormKD);
        var folded = new StringBuilder(decomposed.Length);
        Span<char> units = stackalloc char[2];
        foreach (var rune in decomposed.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark))
                folded.Append(units[..rune.EncodeToUtf16(units)]);
        }

        return folded.ToString();
    }

    private static string Mapped(char c)
    {
        var page = Volatile.Read(ref Pages[c >> 8]);
        if (page is null)
            Volatile.Write(ref Pages[c >> 8], page = new string[256]);
        return page[c & 255] ??= Encoding.UTF8.GetString(Key(c.ToString()));
    }

    private static bool IsMark(char c) => c >= FirstMark && char.GetUnicodeCategory(c) is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;

    // Half of a surrogate pair cannot be decomposed; decoders make none, but a string may be cut. Nor can U+FFFE, which they do make.
    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == NoCharacter)
                return false;
            if (!char.IsSurrogate(text[i]))
                continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[++i]))
                return false;
        }

        return true;
    }
}
