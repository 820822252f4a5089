using System.Text;
using Courier.Mail.Headers;

namespace Courier.Tests.Mail;

/// <summary>The base subject: the grammar of RFC 5256 §5 and §2.1, case by case.</summary>
public sealed class BaseSubjectTests
{
    [Theory]
    [InlineData("", "", false)]
    [InlineData("plain", "plain", false)]
    [InlineData("  spaces \t and\ttabs  ", "spaces and tabs", false)]
    [InlineData("Re: x", "x", true)]
    [InlineData("RE:x", "x", true)]
    [InlineData("re : x", "x", true)]
    [InlineData("Fw: x", "x", true)]
    [InlineData("FWD: x", "x", true)]
    [InlineData("Re: Re: Fwd: x", "x", true)]
    [InlineData("Re[2]: x", "x", true)]
    [InlineData("Re [list]: x", "x", true)]
    [InlineData("[list] Re: x", "x", true)]
    [InlineData("[a][b] Re: x", "x", true)]
    [InlineData("[list] x", "x", false)]
    [InlineData("[a] [b] x", "x", false)]
    [InlineData("Re: [list] x", "x", true)]
    [InlineData("Re: [list] Re: x", "x", true)]
    [InlineData("[list]", "[list]", false)] // a blob that is all there is stays
    [InlineData("[a] [b]", "[b]", false)]
    [InlineData("x (fwd)", "x", true)]
    [InlineData("x (FWD) (fwd) ", "x", true)]
    [InlineData("x(fwd)", "x", true)]
    [InlineData("[fwd: x]", "x", true)]
    [InlineData("[Fwd: Re: x]", "x", true)]
    [InlineData("[fwd: [list] x (fwd)]", "x", true)]
    [InlineData("[fwd: x", "[fwd: x", false)]
    [InlineData("[fwd:]", "", true)]
    [InlineData("Re:", "", true)]
    [InlineData("Regarding x", "Regarding x", false)]
    [InlineData("Re x", "Re x", false)]
    [InlineData("fwdx: y", "fwdx: y", false)]
    [InlineData("[a[b]] x", "[a[b]] x", false)] // brackets do not nest
    [InlineData("Aw: x", "Aw: x", false)] // only the two that the RFC names
    public void It_is_what_is_left(string subject, string text, bool isReply) => Assert.Equal(new BaseSubject(text, isReply), BaseSubject.Of(subject));

    [Fact]
    public void Time_grows_with_the_length_alone()
    {
        foreach (var piece in new[] { "Re: ", "[a]", "(fwd)", "[fwd:", "[", " " })
            _ = BaseSubject.Of(string.Concat(Enumerable.Repeat(piece, 20_000)));
    }

    [Theory]
    [InlineData("abc", "ABC")]
    [InlineData("é", "e\u0301")]
    [InlineData("É", "é")]
    public void Texts_that_a_reader_takes_for_the_same_have_one_key(string left, string right) => Assert.Equal(CaseMap.Key(left), CaseMap.Key(right));

    [Fact]
    public void Half_a_character_does_no_harm() => Assert.NotEmpty(CaseMap.Key("a\ud83d"));

    [Theory]
    [InlineData("<a@b>", "a@b")]
    [InlineData("<a@b> <c@d>", "a@b|c@d")]
    [InlineData("<a@b>\r\n <c@d>", "a@b|c@d")]
    [InlineData("<\"a\"@b> (comment) <\"x\\\"y\"@b>", "a@b|x\"y@b")]
    [InlineData("text <<a@b>", "a@b")]
    [InlineData("no identifier", "")]
    [InlineData("<>", "")]
    [InlineData("<unclosed", "")]
    public void Identifiers_are_read(string value, string ids) =>
        Assert.Equal(ids, string.Join('|', MessageIds.Read(Encoding.ASCII.GetBytes(value)).Select(Encoding.ASCII.GetString)));
}
