using Courier.Conversations.Language;

namespace Courier.Conversations.LanguageTests;

public sealed class ScriptParserTests
{
    private static IReadOnlyList<Step> Parse(string text) => ScriptParser.Parse("imap/x.txt", text).Steps;

    [Fact]
    public void Two_columns_are_two_steps_from_left_to_right()
    {
        var steps = Parse("1> a SELECT INBOX              2> a SELECT INBOX\n1< a OK …      2< a OK …");
        Assert.Equal([new Send(1, 1, "a SELECT INBOX", null), new Send(1, 2, "a SELECT INBOX", null),
            new Expect(2, 1, "a OK …", false, null), new Expect(2, 2, "a OK …", false, null)], steps);
    }

    [Fact]
    public void Three_spaces_inside_a_column_do_not_split_it() =>
        Assert.Equal([new Send(1, 1, "a LOGIN a    b", null)], Parse("1> a LOGIN a    b"));

    [Fact]
    public void Comments_and_empty_lines_are_no_steps() => Assert.Empty(Parse("# a comment\n\n   \n# another"));

    [Fact]
    public void A_block_belongs_to_the_line_above_it()
    {
        var send = Assert.IsType<Send>(Assert.Single(Parse("1> a APPEND INBOX ${literal}\n| Subject: x\n|\n|  indented")));
        Assert.Equal(["Subject: x", "", " indented"], send.Block!.Lines);
    }

    [Fact]
    public void Given_things_are_separated_by_commas()
    {
        var steps = Parse("given mailbox INBOX with 3 messages (\\Seen) () (\\Flagged \\Deleted), mailbox INBOX.Trash, account bob");
        Assert.Equal(3, steps.Count);
        var inbox = Assert.IsType<GivenMailbox>(steps[0]);
        Assert.Equal(("INBOX", "demo", 3), (inbox.Mailbox, inbox.Account, inbox.Messages));
        Assert.Equal(["(\\Seen)", "()", "(\\Flagged \\Deleted)"], inbox.Flags);
        Assert.Equal("INBOX.Trash", Assert.IsType<GivenMailbox>(steps[1]).Mailbox);
        Assert.Equal("bob", Assert.IsType<GivenAccount>(steps[2]).Name);
    }

    [Fact]
    public void A_given_message_has_flags_and_a_date()
    {
        var message = Assert.IsType<GivenMessage>(Assert.Single(Parse("given message in INBOX of bob (\\Seen) \"17-Jul-1996 02:44:25 -0700\"\n| x")));
        Assert.Equal(("INBOX", "bob", "(\\Seen)", "\"17-Jul-1996 02:44:25 -0700\""), (message.Mailbox, message.Account, message.Flags, message.Date));
    }

    [Theory]
    [InlineData("1 connect imap as bob", "connect", "imap as bob")]
    [InlineData("1 starttls", "starttls", "")]
    [InlineData("1 closed", "closed", "")]
    [InlineData("1 silent 300ms", "silent", "300ms")]
    public void Verbs_of_a_connection(string line, string name, string argument) =>
        Assert.Equal(new Verb(1, 1, name, argument), Assert.Single(Parse(line)));

    [Fact]
    public void Facts_that_come_about_by_themselves_have_a_time()
    {
        Assert.Equal(new Within(1, 1, TimeSpan.FromSeconds(5), null, "* 1 EXISTS", null), Assert.Single(Parse("1 within 5s < * 1 EXISTS")));
        Assert.Equal(new Within(1, 2, TimeSpan.FromMilliseconds(300), "b NOOP", "* 1 EXISTS", null),
            Assert.Single(Parse("2 within 300ms > b NOOP < * 1 EXISTS")));
    }

    [Fact]
    public void Times_repeats_an_expectation() =>
        Assert.Equal([new Expect(1, 1, "250 …", false, null), new Expect(1, 1, "250 …", false, null)], Parse("1 times 2 < 250 …"));

    [Fact]
    public void Script_wide_words_are_found_from_the_script()
    {
        var script = ScriptParser.Parse("smtp/x.txt", "only ours because of a limit\nserver strict\ngiven account bob\nmaildir demo INBOX has 1 file");
        Assert.Equal(("smtp", "because of a limit", "strict", true), (script.Protocol, script.OnlyOurs, script.Server, script.TouchesMaildir));
        Assert.Equal(["bob"], script.FurtherAccounts);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("| a block alone")]
    [InlineData("given nonsense")]
    [InlineData("1 dance")]
    [InlineData("1 within long < x")]
    [InlineData("given message in INBOX")]
    [InlineData("maildir demo")]
    [InlineData("1> a      2> b\n| whose")]
    public void What_is_not_understood_is_an_error_with_its_line(string text) =>
        Assert.StartsWith("imap/x.txt:1: ", Assert.Throws<ScriptException>(() => Parse(text)).Message, StringComparison.Ordinal);
}
