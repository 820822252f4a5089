using System.Text;
using Courier.Imap;
using Courier.Imap.Grammar;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Imap;

public sealed class ImapParserTests
{
    private static readonly ImapLimits _limits = new();

    [Theory]
    [InlineData("atom", "atom")]
    [InlineData("with]bracket", "with]bracket")]
    [InlineData("\"quoted text\"", "quoted text")]
    [InlineData("\"a \\\"b\\\" \\\\c\"", "a \"b\" \\c")]
    [InlineData("\"\"", "")]
    [InlineData("{5}\r\nab cd", "ab cd")]
    [InlineData("{3+}\r\n(\"\\", "(\"\\")]
    [InlineData("{0}\r\n", "")]
    public void Astrings_are_atoms_quoted_strings_or_literals(string wire, string text) => Assert.Equal(text, Read(wire));

    [Theory]
    [InlineData("")]
    [InlineData("(")]
    [InlineData("\"open")]
    [InlineData("\"bad \\escape\"")]
    [InlineData("\"line\r\nbreak\"")]
    [InlineData("\"nul\0\"")]
    [InlineData("{5}\r\nab")]
    [InlineData("{5}ab")]
    [InlineData("{99999999999}\r\n")]
    [InlineData("{2}\r\n\0a")]
    public void What_is_no_astring_is_a_mistake(string wire) => Assert.Throws<ImapSyntaxException>(() => Read(wire));

    [Fact]
    public void Every_text_without_NUL_survives_as_quoted_string_or_literal() =>
        Prop.ForAll<NonNull<string>>(text =>
        {
            var octets = Encoding.UTF8.GetBytes(text.Get.Replace("\0", "", StringComparison.Ordinal));
            var literal = Encoding.Latin1.GetString([.. Encoding.ASCII.GetBytes($"{{{octets.Length}}}\r\n"), .. octets]);
            var plain = !octets.Any(octet => octet is 13 or 10);
            var quoted = "\"" + Encoding.Latin1.GetString(octets).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
            return Read(literal) == Encoding.Latin1.GetString(octets) && (!plain || Read(quoted) == Encoding.Latin1.GetString(octets));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("1-Feb-2020", 2020, 2, 1)]
    [InlineData("\"29-FEB-2020\"", 2020, 2, 29)]
    [InlineData("31-dec-1999", 1999, 12, 31)]
    public void Dates_are_read(string wire, int year, int month, int day)
    {
        var p = new ImapParser(Encoding.Latin1.GetBytes(wire), _limits);
        Assert.Equal(new DateOnly(year, month, day), p.Date());
        p.End();
    }

    [Theory]
    [InlineData("30-Feb-2020")]
    [InlineData("1-Foo-2020")]
    [InlineData("0-Jan-2020")]
    [InlineData("1-Jan-20")]
    [InlineData("1-Jan-0000")]
    [InlineData("1-Jan")]
    [InlineData("\"1-Jan-2020 \"")]
    public void What_is_no_date_is_a_mistake(string wire) => Assert.Throws<ImapSyntaxException>(() =>
    {
        var p = new ImapParser(Encoding.Latin1.GetBytes(wire), _limits);
        p.Date();
        p.End();
    });

    [Theory]
    [InlineData("1", new[] { 0, 0 })]
    [InlineData("2:3", new[] { 1, 2 })]
    [InlineData("3:2", new[] { 1, 2 })]
    [InlineData("*", new[] { 4, 4 })]
    [InlineData("4:*", new[] { 3, 4 })]
    [InlineData("*:1", new[] { 0, 4 })]
    [InlineData("3:99", new[] { 2, 4 })]
    [InlineData("5,1,3,1", new[] { 0, 0, 2, 2, 4, 4 })]
    [InlineData("1:2,2:4", new[] { 0, 3 })]
    [InlineData("1,2,3", new[] { 0, 2 })]
    public void Sequence_sets_name_positions_once_and_in_order(string set, int[] expected) =>
        Assert.Equal(expected, Positions(set, FakeSnapshot.OfUids(10, 20, 30, 40, 50), Numbering.Sequence));

    [Theory]
    [InlineData("10", new[] { 0, 0 })]
    [InlineData("11", new int[0])]
    [InlineData("11:39", new[] { 1, 2 })]
    [InlineData("1:4294967295", new[] { 0, 4 })]
    [InlineData("*", new[] { 4, 4 })]
    [InlineData("60:*", new[] { 4, 4 })]
    [InlineData("51", new int[0])]
    public void Uid_sets_pass_over_what_is_not_there(string set, int[] expected) =>
        Assert.Equal(expected, Positions(set, FakeSnapshot.OfUids(10, 20, 30, 40, 50), Numbering.Uid));

    [Theory]
    [InlineData("6")]
    [InlineData("7:9")]
    public void A_number_beyond_the_last_is_a_mistake(string set) =>
        Assert.Throws<ImapSyntaxException>(() => Positions(set, FakeSnapshot.OfUids(10, 20, 30, 40, 50), Numbering.Sequence));

    [Fact]
    public void All_of_an_empty_mailbox_is_nothing()
    {
        Assert.Empty(Positions("1:*", FakeSnapshot.OfUids(), Numbering.Sequence));
        Assert.Empty(Positions("1:*", FakeSnapshot.OfUids(), Numbering.Uid));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1:")]
    [InlineData("1,,2")]
    [InlineData("x")]
    [InlineData("4294967296")]
    public void What_is_no_set_is_a_mistake(string set) => Assert.Throws<ImapSyntaxException>(() => Parse(set));

    [Fact]
    public void Resolving_a_set_gives_what_its_members_say() =>
        Prop.ForAll<NonEmptyArray<PositiveInt>, PositiveInt>((numbers, count) =>
        {
            var snapshot = FakeSnapshot.OfUids([.. Enumerable.Range(1, count.Get % 50 + 1).Select(i => (uint)i * 3)]);
            var set = string.Join(',', numbers.Get.Select(number => number.Get % 200 + 1));
            var wanted = numbers.Get.Select(number => (uint)(number.Get % 200 + 1)).ToHashSet();
            var expected = Enumerable.Range(0, snapshot.Count).Where(position => wanted.Contains(snapshot.UidAt(position).Value));
            return Parse(set).Resolve(snapshot, Numbering.Uid).SelectMany(range => Enumerable.Range(range.First, range.Last - range.First + 1)).SequenceEqual(expected);
        }).QuickCheckThrowOnFailure();

    private static SequenceSet Parse(string wire)
    {
        var p = new ImapParser(Encoding.Latin1.GetBytes(wire), _limits);
        var set = p.SequenceSet();
        p.End();
        return set;
    }

    private static int[] Positions(string set, FakeSnapshot snapshot, Numbering numbering) =>
        [.. Parse(set).Resolve(snapshot, numbering).SelectMany(range => new[] { range.First, range.Last })];

    private static string Read(string wire)
    {
        var p = new ImapParser(Encoding.Latin1.GetBytes(wire), _limits);
        var text = Encoding.Latin1.GetString(p.Astring());
        p.End();
        return text;
    }
}
