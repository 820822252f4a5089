using Courier.Conversations.Language;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Conversations.LanguageTests;

public sealed class ImapPatternTests
{
    private readonly Bindings _bindings = new();

    private bool Match(string pattern, string line) => ImapPattern.Match(new Template(_bindings).ForMatching(pattern, null), new Template(_bindings).ForMatching(line, null), _bindings);

    [Theory]
    [InlineData("a OK …", "a OK [READ-WRITE] done")]
    [InlineData("a OK [READ-WRITE] …", "a OK [READ-WRITE] done")]
    [InlineData("* 3 EXISTS", "* 3 EXISTS")]
    [InlineData("* 3 EXISTS", "* 3 exists")]
    [InlineData(@"* FLAGS (\Seen \Deleted)", @"* FLAGS (\Deleted \Seen)")]
    [InlineData(@"* FLAGS (\Seen …)", @"* FLAGS (\Deleted \Seen)")]
    [InlineData(@"* OK [PERMANENTFLAGS (\* \Seen)] …", @"* OK [PERMANENTFLAGS (\Seen \*)] Limited")]
    [InlineData(@"* 1 FETCH (FLAGS (\Seen) UID 5)", @"* 1 FETCH (UID 5 FLAGS (\Seen))")]
    [InlineData(@"* 1 FETCH (FLAGS (…) …)", @"* 1 FETCH (UID 5 FLAGS (\Seen))")]
    [InlineData("* 1 FETCH (BODY[HEADER.FIELDS (TO)] ${literal:To: x\r\n})", "* 1 FETCH (BODY[HEADER.FIELDS (TO)] ${literal:To: x\r\n})")]
    [InlineData("* 1 FETCH (BODY[1] \"abc\")", "* 1 FETCH (BODY[1] ${literal:abc})")]
    [InlineData("* STATUS INBOX (UNSEEN 1 MESSAGES 2)", "* STATUS \"INBOX\" (MESSAGES 2 UNSEEN 1)")]
    [InlineData(@"* LIST (\HasNoChildren …) ""."" INBOX.a", @"* LIST (\HasNoChildren \UnMarked) ""."" ""INBOX.a""")]
    [InlineData("* SEARCH 1 3 2", "* SEARCH 1 2 3")]
    [InlineData("* SEARCH", "* SEARCH")]
    [InlineData("* CAPABILITY IDLE IMAP4rev1 …", "* CAPABILITY IMAP4rev1 IDLE UIDPLUS")]
    [InlineData("* 1 FETCH (BODY (\"TEXT\" \"PLAIN\" …))", "* 1 FETCH (BODY (\"text\" \"plain\" NIL NIL))")]
    [InlineData("* 1 FETCH (INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")", "* 1 FETCH (INTERNALDATE \"17-Jul-1996 09:44:25 +0000\")")]
    [InlineData("+ ", "+ ")]
    [InlineData("+ …", "+ idling")]
    public void Lines_that_mean_the_same_match(string pattern, string line) => Assert.True(Match(pattern, line));

    [Theory]
    [InlineData("a OK …", "a NO done")]
    [InlineData("a OK …", "b OK done")]
    [InlineData("a OK [READ-ONLY] …", "a OK [READ-WRITE] done")]
    [InlineData("a OK [READ-ONLY] …", "a OK done")]
    [InlineData("* 3 EXISTS", "* 4 EXISTS")]
    [InlineData(@"* FLAGS (\Seen)", @"* FLAGS (\Seen \Deleted)")]
    [InlineData(@"* FLAGS (\Seen \Seen)", @"* FLAGS (\Seen \Deleted)")]
    [InlineData(@"* 1 FETCH (FLAGS (\Seen))", @"* 1 FETCH (FLAGS (\Seen) UID 5)")]
    [InlineData(@"* 1 FETCH (FLAGS (\Seen) UID 6)", @"* 1 FETCH (FLAGS (\Seen) UID 5)")]
    [InlineData("* 1 FETCH (BODY[1] \"abc\")", "* 1 FETCH (BODY[1] \"ABC\")")]
    [InlineData("* SEARCH 1 2", "* SEARCH 1 2 3")]
    [InlineData("* SEARCH", "* SEARCH ")]
    [InlineData("* SEARCH 1 2", "* SEARCH  1 2")]
    [InlineData("* LIST () \".\" \"INBOX.a\"", "* LIST () \".\" \"INBOX.A\"")]
    [InlineData("* 1 FETCH (ENVELOPE (NIL \"a\" \"b\"))", "* 1 FETCH (ENVELOPE (NIL \"b\" \"a\"))")]
    [InlineData("* 1 FETCH (BODY[1] NIL)", "* 1 FETCH (BODY[1] \"NIL\")")]
    [InlineData("* 1 FETCH (INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")", "* 1 FETCH (INTERNALDATE \"17-Jul-1996 02:44:25 +0000\")")]
    public void Lines_that_differ_do_not(string pattern, string line) => Assert.False(Match(pattern, line));

    [Fact]
    public void A_variable_binds_on_first_use_and_must_match_after()
    {
        Assert.True(Match("* OK [UIDVALIDITY $v] …", "* OK [UIDVALIDITY 77] Ok"));
        Assert.Equal("77", _bindings.Find("v"));
        Assert.True(Match("* STATUS x (UIDVALIDITY $v)", "* STATUS x (UIDVALIDITY 77)"));
        Assert.False(Match("* STATUS x (UIDVALIDITY $v)", "* STATUS x (UIDVALIDITY 78)"));
    }

    [Fact]
    public void A_line_that_does_not_match_binds_nothing()
    {
        Assert.False(Match("* STATUS x (UIDNEXT $n MESSAGES 3)", "* STATUS x (UIDNEXT 9 MESSAGES 4)"));
        Assert.Null(_bindings.Find("n"));
    }

    [Theory]
    [InlineData("* 2 FETCH (FLAGS ())", "FETCH")]
    [InlineData("* OK hello", "OK")]
    [InlineData("* SEARCH 1", "SEARCH")]
    [InlineData("a OK x", "")]
    public void The_kind_of_a_response(string line, string kind) => Assert.Equal(kind, ImapPattern.Kind(line));

    [Theory]
    [InlineData("2 3 3", "5 4 2", true)]
    [InlineData("2 3 3", "4 4 2", true)]
    [InlineData("1", "1", true)]
    [InlineData("1 1", "1 2", false)]
    [InlineData("2", "1", false)]
    public void Expunges_are_compared_by_what_they_remove(string expected, string given, bool same)
    {
        var order = new ExpungeOrder([.. expected.Split(' ').Select(n => $"* {n} EXPUNGE")]);
        var all = given.Split(' ').All(n => order.Take($"* {n} EXPUNGE"));
        Assert.Equal(same, all && !order.IsWaiting);
    }

    [Fact]
    public void Every_order_of_the_same_flags_matches() =>
        Prop.ForAll(Gen.Shuffle(new[] { @"\Seen", @"\Deleted", "Work", "x", "y" }).ToArbitrary(), flags =>
            Match(@"* FLAGS (\Seen x \Deleted y Work)", $"* FLAGS ({string.Join(' ', flags)})")).QuickCheckThrowOnFailure();

    [Fact]
    public void The_tokenizer_ends_for_every_line() =>
        Prop.ForAll<NonNull<string>>(text => ImapTokenizer.Tokenize(new string([.. text.Get.Where(c => c <= '\u00ff')])).Count >= 0).QuickCheckThrowOnFailure();

    [Fact]
    public void Unbalanced_brackets_of_every_kind_end_too()
    {
        foreach (var line in new[] { ")", "* (", "* )", "* OK [", "* OK ]", "* x[", "* \"", "* ())", "* 1 FETCH (BODY[", "" })
            Assert.InRange(ImapTokenizer.Tokenize(line).Count, 1, line.Length + 1);
    }
}
