using System.Text;
using Courier.Mail.Headers;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mail;

public sealed class EncodedWordTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData(" two\r\n\tlines ", "two\tlines")]
    [InlineData("=?ISO-8859-1?Q?a?=", "a")] // this and the next five: RFC 2047 §8
    [InlineData("=?ISO-8859-1?Q?a?= b", "a b")]
    [InlineData("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab")]
    [InlineData("=?ISO-8859-1?Q?a?=\r\n  =?ISO-8859-1?Q?b?=", "ab")]
    [InlineData("=?ISO-8859-1?Q?a_b?=", "a b")]
    [InlineData("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b")]
    [InlineData("=?utf-8?b?w6Q=?= x =?UTF-8?B?w6Q?=", "ä x ä")]
    [InlineData("=?utf-8?q?=c3?= =?utf-8?q?=A4?=", "ä")] // one character in two words
    [InlineData("=?utf-8*de?q?=c3=a4?=", "ä")]
    [InlineData("a=?utf-8?q?b?=c", "abc")]
    [InlineData("=?utf-8?q?a b?=", "a b")]
    [InlineData("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本")]
    [InlineData("=?koi8-r?B?8NLJ18XU?=", "Привет")]
    [InlineData("=?nonsense?q?=c3=a4=e4?=", "Ã¤ä")]
    [InlineData("=?utf-8?x?a?=", "=?utf-8?x?a?=")]
    [InlineData("=?utf-8?q?a", "=?utf-8?q?a")]
    [InlineData("=??q?a?=", "=??q?a?=")]
    [InlineData("=?=?utf-8?q?a?=", "=?a")]
    [InlineData("=?utf-8?q??=", "")]
    [InlineData("=?utf-8?q?=zz=4?=", "=zz=4")]
    [InlineData("=?utf-8?b?!!!?=", "")]
    [InlineData("=?", "=?")]
    public void Encoded_words_become_text(string value, string expected) =>
        Assert.Equal(expected, EncodedWord.Decode(Encoding.ASCII.GetBytes(value)));

    [Fact]
    public void Raw_text_is_read_as_utf8_or_latin1()
    {
        Assert.Equal("ä x", EncodedWord.Decode("ä =?utf-8?q?x?="u8));
        Assert.Equal("ä", EncodedWord.Decode([0xe4]));
    }

    [Fact]
    public void Any_text_survives_words_split_anywhere() =>
        Prop.ForAll<NonNull<string>, PositiveInt>((text, size) =>
        {
            var octets = Encoding.UTF8.GetBytes(text.Get);
            var words = octets.Chunk(size.Get % 20 + 1).Select((chunk, i) =>
                i % 2 == 0 ? $"=?utf-8?b?{Convert.ToBase64String(chunk)}?=" : $"=?UTF-8?Q?{string.Concat(chunk.Select(b => $"={b:X2}"))}?=");
            return EncodedWord.Decode(Encoding.ASCII.GetBytes(string.Join("\r\n ", words))) == Encoding.UTF8.GetString(octets);
        }).QuickCheckThrowOnFailure();
}
