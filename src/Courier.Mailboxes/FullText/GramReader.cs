using System.Text;
using Courier.Mail.Headers;

namespace Courier.Mailboxes.FullText;

/// <summary>Walks through text and hands out its grams. One text may come in pieces; between two texts no gram is formed.</summary>
/// <remarks>What is found of a pattern is found of every text that contains it. So of a pattern only those ends of words count that are known:
/// at its own ends a word may go on in the text.</remarks>
internal abstract class GramReader
{
    private const int WordEnd = 3;
    private const ulong WordEndMask = 0xffff_ffff_ffff;

    private char _before;
    private char _last;
    private ulong _word;
    private ulong _left;
    private int _wordLength;
    private bool _beganInside;

    /// <param name="isWhole">False for a pattern: its first word may have begun before it.</param>
    internal void Begin(bool isWhole)
    {
        (_before, _last, _word, _left, _wordLength) = ('\0', '\0', 0, 0, 0);
        _beganInside = !isWhole;
    }

    internal void Read(ReadOnlySpan<char> text)
    {
        foreach (var raw in text)
        {
            var c = Gram.Fold(raw);
            if (c == '\0')
            {
                Begin(isWhole: true);
                continue;
            }

            if (_last != '\0')
            {
                if (_before != '\0')
                    Found(Gram.OfThree(_before, _last, c));
                if (Gram.IsIdeographic(c) && Gram.IsIdeographic(_last))
                    Found(Gram.OfTwo(_last, c));
            }

            (_before, _last) = (_last, c);
            if (Gram.IsWord(c))
                InWord(c);
            else
                BetweenWords();
        }
    }

    protected abstract void Found(int gram);

    private void InWord(char c)
    {
        _word = ((_word << 16) | c) & WordEndMask;
        if (++_wordLength == WordEnd && _left != 0)
            Found(Gram.OfNeighbours(_left, _word));
    }

    private void BetweenWords()
    {
        if (_wordLength > 0)
        {
            if (_wordLength < WordEnd && _left != 0)
                Found(Gram.OfNeighbours(_left, _word));
            _left = _wordLength < WordEnd && _beganInside ? 0 : _word;
        }

        (_word, _wordLength, _beganInside) = (0, 0, false);
    }
}

/// <summary>The grams of one message, each once.</summary>
internal sealed class GramSet : GramReader
{
    private const int PieceChars = 1024;

    private readonly ulong[] _bits = new ulong[Gram.Count / 64];
    private int[] _grams = new int[4096];

    internal int Count { get; private set; }

    internal ReadOnlySpan<int> Grams => _grams.AsSpan(0, Count);

    internal void Add(string text)
    {
        Begin(isWhole: true);
        Read(CaseMap.Fold(text));
    }

    internal void AddAscii(ReadOnlySpan<byte> text)
    {
        Begin(isWhole: true);
        Span<char> piece = stackalloc char[PieceChars];
        while (!text.IsEmpty)
        {
            var length = Math.Min(text.Length, PieceChars);
            Encoding.Latin1.GetChars(text[..length], piece);
            Read(piece[..length]);
            text = text[length..];
        }
    }

    internal void Clear()
    {
        foreach (var gram in Grams)
            _bits[gram >> 6] = 0;
        Count = 0;
    }

    protected override void Found(int gram)
    {
        ref var word = ref _bits[gram >> 6];
        var bit = 1UL << (gram & 63);
        if ((word & bit) != 0)
            return;
        word |= bit;
        if (Count == _grams.Length)
            Array.Resize(ref _grams, Count * 2);
        _grams[Count++] = gram;
    }
}

/// <summary>The grams that every text with a pattern in it has.</summary>
internal sealed class PatternGrams : GramReader
{
    private readonly HashSet<int> _grams = [];

    private PatternGrams(string pattern)
    {
        Begin(isWhole: false);
        Read(CaseMap.Fold(pattern));
    }

    /// <summary>None for a pattern that is too short to tell texts apart.</summary>
    internal static int[] Of(string pattern) => [.. new PatternGrams(pattern)._grams];

    protected override void Found(int gram) => _grams.Add(gram);
}
