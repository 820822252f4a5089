using System.Text;
using Courier.Mail.Headers;

namespace Courier.Mailboxes.Search;

/// <summary>A word that is looked for as it is, anywhere, and as a whole word with one mistake in it: a letter too many, too few, another, or
/// two that changed places. Without regard to case, as every text (RFC 5051).</summary>
internal sealed class SimilarWord(string word) : TextPattern(word)
{
    /// <summary>Of three letters, one mistake leaves too little.</summary>
    private const int ShortestChars = 4;

    private const int LongestChars = 64;

    private readonly string _key = Encoding.UTF8.GetString(CaseMap.Key(word));

    /// <summary>A mistake spoils one of these at most, since a letter lies between them.</summary>
    internal override IReadOnlyList<string> Pieces { get; } = [word[..(word.Length / 2)], word[((word.Length / 2) + 1)..]];

    /// <summary>A letter beyond ASCII may be the mistake.</summary>
    public override bool IsAscii => true;

    public static bool MayHaveMistakes(string word) => word.Length is >= ShortestChars and <= LongestChars && !word.Any(char.IsSurrogate);

    /// <summary>Runs of letters and digits.</summary>
    public static IEnumerable<string> WordsOf(string text)
    {
        for (var (start, end) = (0, 0); start < text.Length; start = end + 1)
        {
            for (end = start; end < text.Length && IsOfWord(text[end]);)
                end++;
            if (end > start)
                yield return text[start..end];
        }
    }

    public override bool IsIn(ReadOnlySpan<char> content)
    {
        if (base.IsIn(content))
            return true;
        if (Ascii.IsValid(content))
            return HasSimilar(content);
        char[] buffer = [];
        return HasSimilar(CaseMap.TryMap(content, ref buffer, out var length) ? buffer.AsSpan(0, length) : Encoding.UTF8.GetString(CaseMap.Key(content.ToString())));
    }

    public override bool IsIn(ReadOnlySpan<byte> content)
    {
        if (base.IsIn(content))
            return true;
        Span<char> chars = stackalloc char[LongestChars + 1];
        for (var (start, end) = (0, 0); start < content.Length; start = end + 1)
        {
            for (end = start; end < content.Length && IsOfWord((char)content[end]);)
                end++;
            if (!HasLength(end - start))
                continue;
            Encoding.Latin1.GetChars(content[start..end], chars);
            if (IsSimilar(chars[..(end - start)]))
                return true;
        }

        return false;
    }

    private bool HasSimilar(ReadOnlySpan<char> content)
    {
        for (var (start, end) = (0, 0); start < content.Length; start = end + 1)
        {
            for (end = start; end < content.Length && IsOfWord(content[end]);)
                end++;
            if (HasLength(end - start) && IsSimilar(content[start..end]))
                return true;
        }

        return false;
    }

    // Marks belong to the letter before them: a decomposed word is one word.
    private static bool IsOfWord(char c) => c < 128 ? char.IsAsciiLetterOrDigit(c) : char.IsLetterOrDigit(c) || c is >= '\u0300' and <= '\u036f';

    private bool HasLength(int length) => Math.Abs(length - _key.Length) <= 1;

    private bool IsSimilar(ReadOnlySpan<char> other)
    {
        var same = 0;
        while (same < _key.Length && same < other.Length && IsSame(other[same], _key[same]))
            same++;
        var mine = _key.AsSpan(same);
        var its = other[same..];
        if (mine.Length > its.Length)
            return IsEqual(its, mine[1..]);
        if (mine.Length < its.Length)
            return IsEqual(its[1..], mine);
        return mine.IsEmpty || IsEqual(its[1..], mine[1..])
            || (mine.Length > 1 && IsSame(its[0], mine[1]) && IsSame(its[1], mine[0]) && IsEqual(its[2..], mine[2..]));
    }

    private static bool IsEqual(ReadOnlySpan<char> other, ReadOnlySpan<char> key)
    {
        for (var i = 0; i < key.Length; i++)
        {
            if (!IsSame(other[i], key[i]))
                return false;
        }

        return true;
    }

    // The key is in upper case already.
    private static bool IsSame(char other, char key) => other == key || (other is >= 'a' and <= 'z' && other - ('a' - 'A') == key);
}
