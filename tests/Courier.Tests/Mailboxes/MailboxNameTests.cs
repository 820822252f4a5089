using Courier.Mailboxes.Names;
using FsCheck;
using FsCheck.Fluent;

namespace Courier.Tests.Mailboxes;

public class MailboxNameTests
{
    [Theory]
    [InlineData("INBOX", "INBOX")]
    [InlineData("inbox", "INBOX")]
    [InlineData("iNbOx.Sent", "INBOX.Sent")]
    [InlineData("INBOX.inbox", "INBOX.inbox")]
    [InlineData("INBOX.Lists.Work", "INBOX.Lists.Work")]
    [InlineData("INBOX.Entwürfe", "INBOX.Entwürfe")]
    [InlineData("INBOX.R&AOk-sum&AOk-", "INBOX.R&AOk-sum&AOk-")]
    [InlineData("INBOX.a b\\c", "INBOX.a b\\c")]
    public void Names_of_Courier_are_accepted(string text, string value)
    {
        Assert.True(MailboxName.TryParse(text, out var name));
        Assert.Equal(value, name.Value);
        Assert.Equal(value == "INBOX", name.IsInbox);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Sent")]
    [InlineData("INBOXES")]
    [InlineData("INBOX.")]
    [InlineData("INBOX..")]
    [InlineData("INBOX..a")]
    [InlineData("INBOX.a..b")]
    [InlineData("INBOX.a.")]
    [InlineData("INBOX.a/b")]
    [InlineData("INBOX/a")]
    [InlineData("INBOX...")]
    [InlineData("INBOX./../../etc")]
    [InlineData("INBOX.a\0b")]
    [InlineData("INBOX.a\nb")]
    [InlineData("INBOX.a\u007fb")]
    [InlineData("INBOX.a\u0085b")]
    public void Names_that_no_folder_can_have_are_refused(string text) => Assert.False(MailboxName.TryParse(text, out _));

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused() => Assert.False(MailboxName.TryParse("INBOX.a" + '\ud800', out _));

    [Fact]
    public void A_folder_is_no_longer_than_a_file_name_may_be()
    {
        Assert.True(MailboxName.TryParse("INBOX." + new string('a', 254), out _));
        Assert.False(MailboxName.TryParse("INBOX." + new string('a', 255), out _));
        Assert.True(MailboxName.TryParse("INBOX." + new string('ü', 127), out _));
        Assert.False(MailboxName.TryParse("INBOX." + new string('ü', 128), out _));
    }

    [Fact]
    public void No_two_names_are_one_folder_and_none_leads_out_of_the_Maildir()
    {
        const string root = "/var/mail/user/Maildir";
        var text = Gen.Elements("a", "A", "é", "e\u0301", ".", "..", "/", "\\", "\0", "\n", " ", "&AOk-", "\ud83d", "\ude00", "\ufffd", "inbox", "new", "cur", "courier", "~", "%", "*")
            .ListOf().Select(parts => "INBOX." + string.Concat(parts));
        Prop.ForAll(text.Two().ToArbitrary(), pair =>
        {
            foreach (var one in new[] { pair.Item1, pair.Item2 })
            {
                if (!MailboxName.TryParse(one, out var name))
                    continue;
                var path = Path.GetFullPath($"{root}/{name.Folder}");
                Assert.Equal(root, Path.GetDirectoryName(path));
                Assert.StartsWith(".", Path.GetFileName(path), StringComparison.Ordinal);
                Assert.Equal(name, MailboxName.OfFolder(name.Folder));
            }

            if (MailboxName.TryParse(pair.Item1, out var left) && MailboxName.TryParse(pair.Item2, out var right))
                Assert.Equal(left == right, System.Text.Encoding.UTF8.GetBytes(left.Folder).AsSpan().SequenceEqual(System.Text.Encoding.UTF8.GetBytes(right.Folder)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Below_is_by_whole_components()
    {
        var parent = Parse("INBOX.a");
        Assert.True(Parse("INBOX.a.b").IsBelow(parent));
        Assert.False(Parse("INBOX.ab").IsBelow(parent));
        Assert.False(parent.IsBelow(parent));
        Assert.True(parent.IsBelow(MailboxName.Inbox));
        Assert.Equal(parent, Parse("INBOX.a.b").Parent);
        Assert.Null(MailboxName.Inbox.Parent);
        Assert.Equal(Parse("INBOX.x.y.b"), Parse("INBOX.a.b").Moved(parent, Parse("INBOX.x.y")));
    }

    private static MailboxName Parse(string text) => MailboxName.TryParse(text, out var name) ? name : throw new ArgumentException(text);
}
