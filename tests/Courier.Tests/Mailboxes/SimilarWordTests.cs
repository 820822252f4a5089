using System.Text;
using Courier.Mailboxes.Search;

namespace Courier.Tests.Mailboxes;

/// <summary>One mistake in a word is forgiven by a fuzzy search, two are not.</summary>
public sealed class SimilarWordTests
{
    [Theory]
    [InlineData("break", "a broak in it")] // another letter
    [InlineData("break", "a breeak in it")] // one too many
    [InlineData("break", "a brek in it")] // one too few
    [InlineData("break", "a braek in it")] // two that changed places
    [InlineData("break", "xreak")]
    [InlineData("break", "breakx")]
    [InlineData("break", "rbeak")]
    [InlineData("break", "THE BREKA")]
    [InlineData("break", "unbreakable")] // as it is, anywhere
    [InlineData("Grüße", "GRÜSE")] // ß is SS in upper case
    [InlineData("naïve", "naive")] // an accent is a character of its own (RFC 5051)
    [InlineData("письмо", "ПИСМО")]
    public void Finds(string word, string text)
    {
        Assert.True(new SimilarWord(word).IsIn(text.AsSpan()));
        if (Ascii.IsValid(text) && Ascii.IsValid(word))
            Assert.True(new SimilarWord(word).IsIn(Encoding.ASCII.GetBytes(text)));
        Assert.True(new SimilarWord(word).IsInUtf8(Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData("break", "brook")] // two
    [InlineData("break", "bre ak")] // two words
    [InlineData("break", "kaerb")]
    [InlineData("break", "bre")]
    [InlineData("break", "")]
    [InlineData("break", "bxeaks")]
    [InlineData("письмо", "песнмо")]
    public void Does_not_find(string word, string text)
    {
        Assert.False(new SimilarWord(word).IsIn(text.AsSpan()));
        Assert.False(new SimilarWord(word).IsIn(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Whatever_the_mistake_one_piece_of_the_word_stays_whole()
    {
        const string word = "mailbox";
        var pieces = new SimilarWord(word).Pieces;
        for (var i = 0; i < word.Length; i++)
        {
            Assert.True(Has(word.Remove(i, 1)));
            Assert.True(Has(word.Insert(i, "z")));
            Assert.True(Has(word.Remove(i, 1).Insert(i, "z")));
            if (i + 1 < word.Length)
                Assert.True(Has($"{word[..i]}{word[i + 1]}{word[i]}{word[(i + 2)..]}"));
        }

        bool Has(string written) => new SimilarWord(word).IsIn(written.AsSpan()) && pieces.Any(piece => written.Contains(piece, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("abc", false)]
    [InlineData("abcd", true)]
    public void Short_words_must_be_right(string word, bool may) => Assert.Equal(may, SimilarWord.MayHaveMistakes(word));

    [Fact]
    public void Words_are_letters_and_digits() => Assert.Equal(["ada", "example", "org", "2x"], SimilarWord.WordsOf(" <ada@example.org>, 2x!"));
}
