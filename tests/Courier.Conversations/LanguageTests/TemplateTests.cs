using Courier.Conversations.Language;

namespace Courier.Conversations.LanguageTests;

public sealed class TemplateTests
{
    private readonly Bindings _bindings = new();

    private string Send(string text, Block? block = null) => new Template(_bindings).ForSending(text, block);

    [Theory]
    [InlineData(@"a\r\nb", "a\r\nb")]
    [InlineData(@"\0\x41\xff", "\0A\u00ff")]
    [InlineData(@"(\Seen \recent \noselect)", @"(\Seen \recent \noselect)")]
    [InlineData(@"""a\""b\\c""", @"""a\""b\\c""")]
    [InlineData("${base64:\\0user\\0pass}", "AHVzZXIAcGFzcw==")]
    [InlineData("${repeat:3:ab}", "ababab")]
    [InlineData("é€", "\u00c3\u00a9\u00e2\u0082\u00ac")]
    [InlineData("${literal:abc}", "\uE003abc\uE004")]
    [InlineData("a $ b $5", "a $ b $5")]
    public void Sent_text_is_bytes(string text, string wire) => Assert.Equal(wire, Send(text));

    [Fact]
    public void Variables_with_a_value_are_replaced_also_inside_functions()
    {
        _bindings.Set("user", "joe");
        Assert.Equal("joe am9l joex", Send("$user ${base64:$user} ${repeat:1:$user}x"));
    }

    [Theory]
    [InlineData("$nobody")]
    [InlineData("a … b")]
    [InlineData("${nonsense:1}")]
    [InlineData("${literal}")]
    [InlineData("${base64:x")]
    public void What_is_not_known_cannot_be_sent(string text) => Assert.Throws<ScriptException>(() => Send(text));

    [Fact]
    public void A_block_is_lines_with_CRLF() => Assert.Equal("\uE003a: b\r\n\r\nc\r\n\uE004", Send("${literal}", new(["a: b", "", "c"])));

    [Fact]
    public void Backslash_c_at_the_end_leaves_out_the_newline()
    {
        Assert.Equal("NO\uE006", Send(@"NO\c"));
        Assert.Equal(@"NO\clock", Send(@"NO\clock"));
    }
}
