using System.Text;
using Courier.Imap.Grammar;
using Courier.Mailboxes.Search;

namespace Courier.Tests.Imap;

public sealed class SearchCriteriaTests
{
    [Theory]
    [InlineData("ALL", "All")]
    [InlineData("seen", "Seen")]
    [InlineData("UNSEEN FLAGGED", "And(!Seen Flagged)")]
    [InlineData("NOT SEEN", "Not(Seen)")]
    [InlineData("NOT NOT SEEN", "Not(Not(Seen))")]
    [InlineData("OR SEEN DRAFT", "Or(Seen Draft)")]
    [InlineData("OR OR SEEN DRAFT NOT DELETED", "Or(Or(Seen Draft) Not(Deleted))")]
    [InlineData("(SEEN)", "Seen")]
    [InlineData("(SEEN (DRAFT DELETED)) ALL", "And(And(Seen And(Draft Deleted)) All)")]
    [InlineData("OR (SEEN DRAFT) ALL DELETED", "And(Or(And(Seen Draft) All) Deleted)")]
    [InlineData("BODY x SEEN", "And(Seen Body:x)")] // cheap keys first
    [InlineData("FROM \"a b\"", "FROM:a b")]
    [InlineData("HEADER X-Foo {3}\r\nbar", "X-Foo:bar")]
    [InlineData("KEYWORD $Label", "Keyword:$Label")]
    [InlineData("LARGER 5000000000", "Larger:5000000000")]
    [InlineData("SENTON 1-Feb-2020", "Sent:On:2020-02-01")]
    [InlineData("NEW", "And(Recent !Seen)")]
    [InlineData("OLD", "Not(Recent)")]
    [InlineData("1:3,7", "Set")]
    [InlineData("UID 5:*", "Set")]
    public void Keys_become_a_tree(string wire, string tree) => Assert.Equal(tree, Show(Parse(wire)));

    [Theory]
    [InlineData("")]
    [InlineData("NONSENSE")]
    [InlineData("OR SEEN")]
    [InlineData("NOT")]
    [InlineData("(SEEN")]
    [InlineData("SEEN)")]
    [InlineData("()")]
    [InlineData("FROM")]
    [InlineData("SEEN  DRAFT")]
    [InlineData("SEEN ")]
    [InlineData("BEFORE 1-Foo-2020")]
    [InlineData("BODY \"\u00ff\u00fe\"")] // not UTF-8
    public void What_is_no_search_is_a_mistake(string wire) => Assert.Throws<ImapSyntaxException>(() => Parse(wire));

    [Theory]
    [InlineData("(")]
    [InlineData("NOT ")]
    [InlineData("OR ")]
    [InlineData("OR (NOT ")]
    public void A_hundred_thousand_levels_are_refused_without_harm(string level) =>
        Assert.Throws<ImapSyntaxException>(() => Parse(string.Concat(Enumerable.Repeat(level, 100_000)) + "SEEN"));

    [Theory]
    [InlineData(60, true)]
    [InlineData(64, false)]
    public void Depth_is_limited(int depth, bool isTaken)
    {
        var wire = new string('(', depth) + "SEEN" + new string(')', depth);
        if (isTaken)
            Assert.Equal("Seen", Show(Parse(wire)));
        else
            Assert.Throws<ImapSyntaxException>(() => Parse(wire));
    }

    [Fact]
    public void Keys_are_counted() => Assert.Throws<ImapSyntaxException>(() => Parse(string.Join(' ', Enumerable.Repeat("ALL", 1001))));

    private static SearchKey Parse(string wire)
    {
        var p = new ImapParser(Encoding.Latin1.GetBytes(wire), new());
        return SearchCriteria.Parse(ref p);
    }

    private static string Show(SearchKey key) => key switch
    {
        AllKey => "All",
        FlagKey flag => (flag.IsSet ? "" : "!") + flag.Flag,
        RecentKey => "Recent",
        KeywordKey keyword => "Keyword:" + keyword.Keyword,
        LargerKey larger => $"Larger:{larger.Size}",
        SentKey sent => $"Sent:{sent.Relation}:{sent.Date:yyyy-MM-dd}",
        HeaderKey header => $"{header.Field}:{header.Text.Text}",
        BodyKey body => "Body:" + body.Text.Text,
        PositionsKey or NumbersKey => "Set",
        NotKey not => $"Not({Show(not.Key)})",
        OrKey or => $"Or({Show(or.Left)} {Show(or.Right)})",
        AndKey and => $"And({string.Join(' ', and.Keys.Select(Show))})",
        _ => key.ToString(),
    };
}
