using System.Text;
using Courier.Imap;
using Courier.Imap.Grammar;

namespace Courier.Tests.Imap;

public sealed class FetchItemsTests
{
    [Theory]
    [InlineData("FAST", FetchAttributes.Flags | FetchAttributes.InternalDate | FetchAttributes.Size)]
    [InlineData("all", FetchAttributes.Flags | FetchAttributes.InternalDate | FetchAttributes.Size | FetchAttributes.Envelope)]
    [InlineData("Full", FetchAttributes.Flags | FetchAttributes.InternalDate | FetchAttributes.Size | FetchAttributes.Envelope | FetchAttributes.Body)]
    [InlineData("FLAGS", FetchAttributes.Flags)]
    [InlineData("(UID rfc822.size)", FetchAttributes.Uid | FetchAttributes.Size)]
    [InlineData("(BODY BODYSTRUCTURE)", FetchAttributes.Body | FetchAttributes.BodyStructure)]
    public void Items_and_macros(string wire, object attributes) => Assert.Equal(attributes, Parse(wire).Attributes);

    [Theory]
    [InlineData("BODY[]", "BODY[]", true)]
    [InlineData("body.peek[]", "BODY[]", false)]
    [InlineData("BODY[header]", "BODY[HEADER]", true)]
    [InlineData("BODY.PEEK[HEADER.FIELDS (To \"from\")]", "BODY[HEADER.FIELDS (To from)]", false)]
    [InlineData("BODY.PEEK[1.2.HEADER.FIELDS.NOT (X)]", "BODY[1.2.HEADER.FIELDS.NOT (X)]", false)]
    [InlineData("BODY.PEEK[3.MIME]", "BODY[3.MIME]", false)]
    [InlineData("BODY[2.1]<10.20>", "BODY[2.1]<10>", true)]
    [InlineData("RFC822", "RFC822", true)]
    [InlineData("RFC822.HEADER", "RFC822.HEADER", false)]
    [InlineData("RFC822.TEXT", "RFC822.TEXT", true)]
    public void Sections_are_echoed_and_know_whether_they_set_Seen(string wire, string echo, bool setsSeen)
    {
        var section = Assert.Single(Parse(wire).Sections);
        Assert.Equal(echo, Encoding.Latin1.GetString(section.Name));
        Assert.Equal(setsSeen, section.SetsSeen);
    }

    [Theory]
    [InlineData("")]
    [InlineData("()")]
    [InlineData("(FLAGS")]
    [InlineData("(FAST)")]
    [InlineData("NONSENSE")]
    [InlineData("BODY[0]")]
    [InlineData("BODY[1.]")]
    [InlineData("BODY[1HEADER]")]
    [InlineData("BODY[MIME]")]
    [InlineData("BODY[HEADER.FIELDS]")]
    [InlineData("BODY[HEADER.FIELDS ()]")]
    [InlineData("BODY[]<0.0>")]
    [InlineData("BODY[]<1>")]
    [InlineData("BODY[")]
    [InlineData("BODY.PEEK")]
    [InlineData("BODY[HEADER.FIELDS (\"a\u00e9\")]")]
    public void What_is_no_item_is_a_mistake(string wire) => Assert.Throws<ImapSyntaxException>(() => Parse(wire));

    [Fact]
    public void Items_are_counted() =>
        Assert.Throws<ImapSyntaxException>(() => Parse("(" + string.Join(' ', Enumerable.Repeat("BODY.PEEK[]", new ImapLimits().FetchItems + 1)) + ")"));

    private static FetchItems Parse(string wire)
    {
        var p = new ImapParser(Encoding.Latin1.GetBytes(wire), new());
        var items = FetchItems.Parse(ref p);
        p.End();
        return items;
    }
}
