namespace Courier.Mailboxes.FullText;

/// <summary>What the full text index knows of a text: numbers of three neighbouring characters, of two where the script has thousands, and of
/// the ends of neighbouring words.</summary>
/// <remarks>Characters that are equal without regard to case have one folded form; more than those may share one, and several grams may share a
/// number. Both make candidates, never misses: every candidate is looked at.</remarks>
internal static class Gram
{
    /// <summary>Numbers are below this.</summary>
    internal const int Count = 1 << Bits;

    internal const int Bits = 21;

    private const int AsciiSymbols = 69;
    private const int AsciiGrams = AsciiSymbols * AsciiSymbols * AsciiSymbols;

    /// <summary>From here on two characters are a word as often as not (CJK, Hangul, and halves of what lies beyond 16 bits).</summary>
    private const char FirstIdeographic = '\u2e80';

    private const char AnyLowSurrogate = '\udc00';

    private static readonly char[] FoldTable = MakeFoldTable();
    private static readonly byte[] AsciiTable = MakeAsciiTable();
    private static readonly bool[] WordTable = [.. Enumerable.Range(0, char.MaxValue + 1).Select(c => char.IsLetterOrDigit((char)c) || char.IsSurrogate((char)c))];

    /// <summary>0 for what divides texts: control characters, line ends among them.</summary>
    internal static char Fold(char c) => FoldTable[c];

    internal static bool IsWord(char folded) => WordTable[folded];

    internal static bool IsIdeographic(char folded) => folded >= FirstIdeographic;

    internal static int OfThree(char a, char b, char c)
    {
        if ((a | b | c) < 128)
            return (((AsciiTable[a] * AsciiSymbols) + AsciiTable[b]) * AsciiSymbols) + AsciiTable[c];
        return Hash(a | ((ulong)b << 16) | ((ulong)c << 32));
    }

    internal static int OfTwo(char a, char b) => Hash(a | ((ulong)b << 16) | (1UL << 63));

    /// <summary>The last three characters of a word and the first three of the next; fewer where a word is shorter.</summary>
    internal static int OfNeighbours(ulong left, ulong right) => Hash(left ^ ulong.RotateLeft(right * 0x9E3779B97F4A7C15, 29) ^ (1UL << 62));

    private static int Hash(ulong value)
    {
        value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93;
        value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93;
        return AsciiGrams + (int)(((value >> 32) * (Count - AsciiGrams)) >> 32);
    }

    private static char[] MakeFoldTable()
    {
        var table = new char[char.MaxValue + 1];
        for (var i = 0; i < table.Length; i++)
        {
            var c = (char)i;
            // The case of a pair stands in its low half, and differs from system to system: all low halves are alike.
            table[i] = char.IsControl(c) ? '\0' : char.IsLowSurrogate(c) ? AnyLowSurrogate : Upper(c);
        }

        return table;
    }

    // Letters whose upper case is ASCII by some tables and not by others.
    private static char Upper(char c) => c switch
    {
        '\u0131' or '\u0130' => 'I',
        '\u017f' => 'S',
        '\u212a' => 'K',
        '\u212b' => '\u00c5',
        _ => char.ToUpperInvariant(c),
    };

    private static byte[] MakeAsciiTable()
    {
        var table = new byte[128];
        byte next = 0;
        for (var c = ' '; c < 127; c++)
        {
            if (c == Fold(c))
                table[c] = next++;
        }

        return table;
    }
}
