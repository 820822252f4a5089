using Courier.Imap.Grammar;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Imap;

public sealed class MailboxPatternTests
{
    [Theory]
    [InlineData("", "*", "INBOX.a.b", true)]
    [InlineData("", "%", "INBOX", true)]
    [InlineData("", "%", "INBOX.a", false)]
    [InlineData("", "INBOX.%", "INBOX.a", true)]
    [InlineData("", "INBOX.%", "INBOX.a.b", false)]
    [InlineData("", "INBOX.%.%", "INBOX.a.b", true)]
    [InlineData("", "*b", "INBOX.a.b", true)]
    [InlineData("", "*a*", "INBOX.xax.b", true)]
    [InlineData("", "%t*4", "INBOX.test3.test4", false)]
    [InlineData("INBOX.", "%t*4", "INBOX.test3.test4", true)]
    [InlineData("INBOX.a.", "%", "INBOX.a.b", true)]
    [InlineData("", "inbox", "INBOX", true)]
    [InlineData("", "InBoX.%", "INBOX.x", true)]
    [InlineData("", "INBOX.A", "INBOX.a", false)]
    [InlineData("", "inboxes", "INBOXES", false)]
    [InlineData("", "INBOX*", "INBOX", true)]
    [InlineData("", "INBOX.%%%", "INBOX.a", true)]
    public void Wildcards_match_as_they_should(string reference, string pattern, string name, bool matches) =>
        Assert.Equal(matches, new MailboxPattern(reference, pattern).Matches(name));

    [Fact]
    public void Matching_agrees_with_the_definition() =>
        Prop.ForAll(
            Gen.ArrayOf(Gen.Elements('a', 'b', '.', '*', '%'), 6).ToArbitrary(),
            Gen.ArrayOf(Gen.Elements('a', 'b', '.'), 8).ToArbitrary(),
            (pattern, name) => new MailboxPattern("", new(pattern)).Matches(name) == Defined(pattern.AsSpan(), name.AsSpan()))
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Wildcards_cost_no_more_than_pattern_times_name()
    {
        var pattern = new MailboxPattern("", string.Concat(Enumerable.Repeat("*a", 400)) + "b");
        Assert.False(pattern.Matches(new string('a', 1000)));
    }

    private static bool Defined(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        if (pattern.IsEmpty)
            return name.IsEmpty;
        if (pattern[0] is not ('*' or '%'))
            return !name.IsEmpty && name[0] == pattern[0] && Defined(pattern[1..], name[1..]);
        return Defined(pattern[1..], name) || (!name.IsEmpty && (pattern[0] == '*' || name[0] != '.') && Defined(pattern, name[1..]));
    }
}
