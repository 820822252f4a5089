using System.Text;
using Courier.Mailboxes.FullText;

namespace Courier.Tests.Mailboxes.FullText;

public sealed class GramTests
{
    /// <summary>Whatever SEARCH takes for equal has one folded form, or the index would miss it: all of Unicode, one by one.</summary>
    [Fact]
    public void WhatIsEqualWithoutCaseFoldsAlike()
    {
        var folded = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var code = 0; code <= 0x10ffff; code++)
        {
            var text = code is >= 0xd800 and < 0xe000 || code < 0x10000 ? ((char)code).ToString() : new Rune(code).ToString();
            var own = string.Concat(text.Select(Gram.Fold));
            if (!folded.TryAdd(text, own))
                Assert.True(folded[text] == own, $"U+{code:X4}");
        }
    }

    [Theory]
    [InlineData("budget")]
    [InlineData("throughput latency")]
    [InlineData("ut la")]
    [InlineData("a b c")]
    [InlineData("ab cd ef")]
    [InlineData("会議")]
    [InlineData("Straße")]
    [InlineData("x\r\nbudget a")]
    [InlineData("😀")]
    public void ATextHasTheGramsOfWhatItContains(string pattern)
    {
        foreach (var (before, after) in new[] { ("", ""), ("xyz", "xyz"), ("word ", " word"), ("two words a", "b two words"), ("会", "議") })
        {
            var text = new GramSet();
            text.Add(before + pattern.ToUpperInvariant() + after);
            Assert.Subset(text.Grams.ToArray().ToHashSet(), PatternGrams.Of(pattern).ToHashSet());
        }
    }

    [Theory]
    [InlineData("throughput latency", "latency or throughput")]
    [InlineData("throughput latency", "throughput of a latency")]
    [InlineData("meeting at ten", "ten at meeting")]
    public void WordsInAnotherOrderAreOtherGrams(string pattern, string text)
    {
        var grams = new GramSet();
        grams.Add(text);
        Assert.False(PatternGrams.Of(pattern).ToHashSet().IsSubsetOf(grams.Grams.ToArray()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("Ωж")]
    [InlineData("a\nb")]
    public void AShortPatternHasNone(string pattern) => Assert.Empty(PatternGrams.Of(pattern));

    [Fact]
    public void OctetsAreReadAsTheirCharacters()
    {
        var (octets, chars) = (new GramSet(), new GramSet());
        var text = string.Concat(Enumerable.Range(0, 3000).Select(i => (char)(32 + (i * 7 % 95))));
        octets.AddAscii(Encoding.ASCII.GetBytes(text));
        chars.Add(text);
        Assert.Equal(chars.Grams.ToArray(), octets.Grams.ToArray());
        chars.Clear();
        Assert.Equal(0, chars.Count);
        chars.Add("abc");
        Assert.Equal(1, chars.Count);
    }
}
