using System.Text;
using Courier.Imap;
using Courier.Imap.Commands;
using Courier.Imap.Grammar;
using Courier.Imap.Responses;
using Courier.Mailboxes.Names;

namespace Courier.Tests.Imap;

/// <summary>The grammar that extensions add: options, modifiers and names in another writing.</summary>
public sealed class ExtensionGrammarTests
{
    private delegate T Reader<out T>(ref ImapParser p);

    [Theory]
    [InlineData("1:5", 10, 0, 5)]
    [InlineData("5:1", 10, 0, 5)]
    [InlineData("8:20", 10, 7, 3)]
    [InlineData("11:20", 10, 0, 0)]
    [InlineData("-1:-3", 10, 7, 3)]
    [InlineData("-3:-1", 10, 7, 3)]
    [InlineData("-9:-20", 10, 0, 2)]
    [InlineData("1:4294967295", 3, 0, 3)]
    [InlineData("1:1", 0, 0, 0)]
    public void A_partial_range_names_a_window(string wire, int count, int start, int length) =>
        Assert.Equal((start, length), Read(wire, (ref ImapParser p) => PartialRange.Parse(ref p)).Of(count));

    [Theory]
    [InlineData("0:1")]
    [InlineData("-1:2")]
    [InlineData("1:-2")]
    [InlineData("1")]
    public void What_is_no_partial_range_is_refused(string wire) =>
        Assert.Throws<ImapSyntaxException>(() => Read(wire, (ref ImapParser p) => PartialRange.Parse(ref p)));

    [Theory]
    [InlineData("RETURN () ", SearchParts.All)]
    [InlineData("return (min Max) ", SearchParts.Min | SearchParts.Max)]
    [InlineData("RETURN (SAVE) ", SearchParts.Save)]
    [InlineData("RETURN (COUNT SAVE ALL) ", SearchParts.Count | SearchParts.Save | SearchParts.All)]
    public void Search_options_are_read(string wire, object parts) =>
        Assert.Equal(parts, Read(wire, (ref ImapParser p) => SearchReturn.Parse(ref p))!.Parts);

    [Theory]
    [InlineData("RETURN (MIN,MAX) ")]
    [InlineData("RETURN (MIN MAX")]
    [InlineData("RETURN (MIN)")]
    [InlineData("RETURN (PARTIAL) ")]
    [InlineData("RETURN (ALL PARTIAL 1:2) ")]
    public void Wrong_search_options_are_refused(string wire) =>
        Assert.Throws<ImapSyntaxException>(() => Read(wire, (ref ImapParser p) => SearchReturn.Parse(ref p)));

    [Theory]
    [InlineData("INBOX.Sent", true, "INBOX.Sent")]
    [InlineData("inbox", true, "INBOX")]
    [InlineData("Sent", true, null)]
    [InlineData("Sent", false, "INBOX.Sent")]
    [InlineData("InBox", false, "INBOX")]
    [InlineData("INBOX.x", false, "INBOX.INBOX.x")]
    [InlineData("a..b", false, null)]
    [InlineData("&AOQ-", false, "INBOX.ä")]
    [InlineData("&AOQ", false, null)]
    public void Names_are_read_with_the_prefix_and_without(string wire, bool hasPrefix, string? name) =>
        Assert.Equal(name, new MailboxNaming(hasPrefix, IsUtf8: false).Read(Encoding.ASCII.GetBytes(wire)).Name?.Value);

    [Theory]
    [InlineData("INBOX.Sent", true, false, "INBOX.Sent")]
    [InlineData("INBOX.Sent", false, false, "Sent")]
    [InlineData("INBOX.inbox", false, false, null)] // would be taken for INBOX
    [InlineData("INBOX.ä", true, false, "INBOX.&AOQ-")]
    [InlineData("INBOX.ä", false, true, "ä")]
    [InlineData("INBOX.a&b", false, true, "a&b")]
    public void Names_are_told_as_the_session_writes_them(string value, bool hasPrefix, bool isUtf8, string? wire)
    {
        Assert.True(MailboxName.TryParse(value, out var name));
        var naming = new MailboxNaming(hasPrefix, isUtf8);
        Assert.Equal(wire, naming.Wire(name));
        if (wire is not null)
            Assert.Equal(name, naming.Read(Encoding.UTF8.GetBytes(wire)).Name);
    }

    [Theory]
    [InlineData(" (CHANGEDSINCE 12345)")]
    [InlineData(" (CHANGEDSINCE 1 VANISHED)")]
    [InlineData(" (PARTIAL 1:2 CHANGEDSINCE 9223372036854775807)")]
    [InlineData("")]
    public void Fetch_modifiers_are_read(string wire) => Read(wire, (ref ImapParser p) => FetchModifiers.Parse(ref p, Numbering.Uid));

    [Theory]
    [InlineData(" ()")]
    [InlineData(" (VANISHED)")]
    [InlineData(" (CHANGEDSINCE)")]
    [InlineData(" (CHANGEDSINCE 9223372036854775808)")]
    [InlineData(" (CHANGEDSINCE 1 CHANGEDSINCE 2)")]
    public void Wrong_fetch_modifiers_are_refused(string wire) =>
        Assert.Throws<ImapSyntaxException>(() => Read(wire, (ref ImapParser p) => FetchModifiers.Parse(ref p, Numbering.Uid)));

    [Theory]
    [InlineData(" INBOX", false)]
    [InlineData(" INBOX (CONDSTORE)", false)]
    [InlineData(" INBOX (QRESYNC (1 2))", true)]
    [InlineData(" INBOX (QRESYNC (1 2 3:4))", true)]
    [InlineData(" INBOX (QRESYNC (1 2 (1 3)))", true)]
    [InlineData(" INBOX (CONDSTORE QRESYNC (1 2 3:4,9 (1:2 3:4)))", true)]
    public void Select_parameters_are_read(string wire, bool hasKnown) =>
        Assert.Equal(hasKnown, Read(wire, (ref ImapParser p) => SelectCommand.Parse(ref p, isReadOnly: false)).With.Known is not null);

    [Theory]
    [InlineData(" INBOX ()")]
    [InlineData(" INBOX (QRESYNC)")]
    [InlineData(" INBOX (QRESYNC (0 2))")]
    [InlineData(" INBOX (QRESYNC (1))")]
    [InlineData(" INBOX (QRESYNC (1 2 3 4))")]
    [InlineData(" INBOX (QRESYNC (1 2 3 (4)))")]
    public void Wrong_select_parameters_are_refused(string wire) =>
        Assert.Throws<ImapSyntaxException>(() => Read(wire, (ref ImapParser p) => SelectCommand.Parse(ref p, isReadOnly: false)));

    [Fact]
    public void Samples_that_fit_tell_what_the_client_knows()
    {
        // Messages 1, 2 and 3 have the UIDs 5, 8 and 9: the second sample is off, so all is known up to 5.
        var known = new SelectCommand.KnownState(1, new(1), null, Set("1,2,3"), Set("5,7,9"));
        Assert.Equal(5u, known.KnownUpTo(FakeSnapshot.OfUids(5, 8, 9)).Value);
        Assert.Equal(9u, (known with { UidsOfNumbers = Set("5,8:9") }).KnownUpTo(FakeSnapshot.OfUids(5, 8, 9)).Value);
        Assert.Equal(0u, (known with { Numbers = Set("4") }).KnownUpTo(FakeSnapshot.OfUids(5, 8, 9)).Value);
    }

    [Fact]
    public void Metadata_is_selected_by_depth()
    {
        var known = new SortedDictionary<string, byte[]>(StringComparer.OrdinalIgnoreCase) { ["/private/a"] = [1], ["/private/a/b"] = [2], ["/private/a/b/c"] = [3], ["/private/ab"] = [4] };
        Assert.Equal(["/private/a"], Names(0));
        Assert.Equal(["/private/a", "/private/a/b"], Names(1));
        Assert.Equal(["/private/a", "/private/a/b", "/private/a/b/c"], Names(int.MaxValue));

        IEnumerable<string> Names(int depth) => MetadataResponse.Select(known, ["/private/a"], depth).Select(entry => entry.Key);
    }

    private static SequenceSet Set(string wire) => Read(wire, (ref ImapParser p) => p.SequenceSet());

    private static T Read<T>(string wire, Reader<T> read)
    {
        var p = new ImapParser(Encoding.Latin1.GetBytes(wire), new());
        var value = read(ref p);
        p.End();
        return value;
    }
}
