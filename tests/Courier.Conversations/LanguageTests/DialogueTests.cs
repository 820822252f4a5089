using Courier.Conversations.Language;
using Courier.Conversations.Running;

namespace Courier.Conversations.LanguageTests;

/// <summary>The runner against canned servers: right answers pass, and each kind of wrong answer fails with the line of the script.</summary>
public sealed class DialogueTests
{
    private static async Task<string?> RunAsync(string path, string script, string greeting, Dictionary<string, string?> answers)
    {
        await using var target = new CannedTarget(greeting, answers);
        try
        {
            await Conversation.RunAsync(ScriptParser.Parse(path, script), target);
            return null;
        }
        catch (ScriptException wrong)
        {
            return wrong.Message.Split("\n--- ")[0];
        }
    }

    private static Task<string?> ImapAsync(string expected, string answer, string command = "NOOP") =>
        RunAsync("imap/x.txt", $"1 connect imap\n1< * OK …\n1> a {command}\n{expected}", "* OK hi", new(StringComparer.Ordinal) { [$"a {command}"] = answer });

    private static Task<string?> SmtpAsync(string expected, string answer) =>
        RunAsync("smtp/x.txt", $"1 connect smtp\n1< 220 …\n1> EHLO x\n{expected}", "220 hi", new(StringComparer.Ordinal) { ["EHLO x"] = answer });

    private static Task<string?> Pop3Async(string expected, string answer) =>
        RunAsync("pop3/x.txt", $"1 connect pop3\n1< +OK…\n1> LIST\n{expected}", "+OK hi", new(StringComparer.Ordinal) { ["LIST"] = answer });

    [Theory]
    [InlineData("1< a OK …", "a OK x")]
    [InlineData("1< * 1 EXISTS\n1< * 2 FETCH (FLAGS (…))\n1< a OK …", "* 2 FETCH (FLAGS ())\n* 1 EXISTS\na OK x")]
    [InlineData("1< a OK …", "* 1 RECENT\n* FLAGS ()\n* OK [ALERT] x\n* CAPABILITY X\na OK x")]
    [InlineData("1< * …\n1< a OK …", "* 1 EXISTS\n* 3 EXPUNGE\na OK x")]
    [InlineData("1< * 1 EXPUNGE\n1< * 1 EXPUNGE\n1< a OK …", "* 2 EXPUNGE\n* 1 EXPUNGE\na OK x")]
    [InlineData("1< * 1 EXISTS\n1 close", "* 1 EXISTS")]
    [InlineData("1< not * 1 EXPUNGE\n1< a OK …", "a OK x")]
    public async Task Right_IMAP_answers_pass(string expected, string answer) => Assert.Null(await ImapAsync(expected, answer));

    [Theory]
    [InlineData("1< a OK …", "a NO x", "imap/x.txt:4: expected a OK")]
    [InlineData("1< a OK …", "* 1 EXISTS\na OK x", "imap/x.txt:4: unexpected: * 1 EXISTS")]
    [InlineData("1< a OK …", "* 1 EXPUNGE\na OK x", "imap/x.txt:4: unexpected: * 1 EXPUNGE")]
    [InlineData("1< a OK …", "* 1 FETCH (FLAGS ())\na OK x", "imap/x.txt:4: unexpected: * 1 FETCH")]
    [InlineData("1< a OK …", "* SEARCH 1\na OK x", "imap/x.txt:4: unexpected: * SEARCH")]
    [InlineData("1< a OK …", "* BYE x\na OK x", "imap/x.txt:4: unexpected: * BYE")]
    [InlineData("1< * 1 EXISTS\n1< a OK …", "a OK x", "imap/x.txt:5: did not come: * 1 EXISTS")]
    [InlineData("1< * 1 EXISTS\n1< * 1 EXISTS\n1< a OK …", "* 1 EXISTS\na OK x", "imap/x.txt:6: did not come: * 1 EXISTS")]
    [InlineData("1< * 1 EXPUNGE\n1< a OK …", "* 2 EXPUNGE\na OK x", "imap/x.txt:5: unexpected: * 2 EXPUNGE")]
    [InlineData("1< * 1 EXPUNGE\n1< a OK …", "a OK x", "imap/x.txt:5: did not come: * EXPUNGE of what was message 1")]
    [InlineData("1< * 1 EXPUNGE\n1< a OK …", "* 1 EXPUNGE\n* 1 EXPUNGE\na OK x", "imap/x.txt:5: unexpected: * 1 EXPUNGE")]
    [InlineData("1< not * FLAGS …\n1< a OK …", "* FLAGS ()\na OK x", "imap/x.txt:5: must not come: * FLAGS")]
    [InlineData("1< * 1 EXISTS\n1< a OK …", "b OK x", "imap/x.txt:5: expected a OK")]
    public async Task Wrong_IMAP_answers_fail(string expected, string answer, string complaint) =>
        Assert.StartsWith(complaint, await ImapAsync(expected, answer), StringComparison.Ordinal);

    [Fact]
    public async Task EXISTS_may_answer_a_SELECT_without_being_expected() =>
        Assert.Null(await ImapAsync("1< a OK …", "* 3 EXISTS\na OK x", "SELECT INBOX"));

    [Theory]
    [InlineData("1< 250 …", "250 x")]
    [InlineData("1< 250-B\n1< 250 A", "250-A\n250-C\n250 B")]
    [InlineData("1< not 250-D\n1< 250 …", "250-A\n250 B")]
    [InlineData("1< 2…", "250 x")]
    public async Task Right_SMTP_answers_pass(string expected, string answer) => Assert.Null(await SmtpAsync(expected, answer));

    [Theory]
    [InlineData("1< 250 …", "550 x", "expected 250")]
    [InlineData("1< 250-D\n1< 250 …", "250-A\n250 B", "expected 250 D")]
    [InlineData("1< not 250-A\n1< 250 …", "250-A\n250 B", "must not come 250 A")]
    [InlineData("1< 250 …", "250-A\n550 B", "the codes of one reply differ")]
    [InlineData("1< 250 …", "hello", "not a reply")]
    public async Task Wrong_SMTP_answers_fail(string expected, string answer, string complaint) =>
        Assert.Contains(complaint, await SmtpAsync(expected, answer), StringComparison.Ordinal);

    [Theory]
    [InlineData("1< +OK…\n1< 1 5\n1< .", "+OK\n1 5\n.", true)]
    [InlineData("1< +OK…\n1< …\n1< .", "+OK\n1 5\n2 6\n.", true)]
    [InlineData("1< +OK…\n1< 1 5\n1< .", "+OK\n1 5\n2 6\n.", false)]
    [InlineData("1< +OK…\n1< 2 6\n1< 1 5\n1< .", "+OK\n1 5\n2 6\n.", false)]
    [InlineData("1< -ERR…", "+OK", false)]
    public async Task POP3_is_compared_line_by_line(string expected, string answer, bool passes) =>
        Assert.Equal(passes, await Pop3Async(expected, answer) is null);

    [Theory]
    [InlineData("1> A\n1 closed", true)]
    [InlineData("1> B\n1 closed", false)]
    [InlineData("1> C\n1 silent 100ms", true)]
    [InlineData("1> B\n1 silent 2s", false)]
    [InlineData("1> A\n1 silent 2s", false)]
    [InlineData("1> A\n1< 250 …", false)]
    public async Task Closing_and_silence_are_noticed(string steps, bool passes)
    {
        var answers = new Dictionary<string, string?>(StringComparer.Ordinal) { ["A"] = null, ["B"] = "250 x" };
        Assert.Equal(passes, await RunAsync("smtp/x.txt", "1 connect smtp\n1< 220 …\n" + steps, "220 hi", answers) is null);
    }

    [Fact]
    public async Task A_line_without_CR_is_a_fault_of_the_server() =>
        Assert.Contains("bare LF", await RunAsync("pop3/x.txt", "1 connect pop3\n1< +OK…", "+OK hi\nmore", []), StringComparison.Ordinal);
}
