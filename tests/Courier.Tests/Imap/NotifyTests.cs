using System.Text;
using Courier.Imap;
using Courier.Imap.Grammar;
using Courier.Mailboxes.Names;
using Courier.Shared.Imap;

namespace Courier.Tests.Imap;

/// <summary>NOTIFY beyond what conversations show: its grammar, its limits, and what other programs do (RFC 5465).</summary>
public sealed class NotifyTests
{
    [Theory]
    [InlineData("NONE", 0)]
    [InlineData("SET (selected NONE)", 1)]
    [InlineData("set status (Selected-Delayed (MessageNew (UID FLAGS) MessageExpunge)) (personal (MailboxName))", 2)]
    [InlineData("SET (subtree (INBOX.a \"INBOX.b\") (MessageNew MessageExpunge FlagChange)) (mailboxes INBOX.c (SubscriptionChange))", 2)]
    [InlineData("SET (selected MessageNew (uid body.peek[header.fields (from to)]) MessageExpunge)", 1)] // as an example of the RFC has it
    public void Requests_are_read(string wire, int groups)
    {
        var p = new ImapParser(Encoding.ASCII.GetBytes(wire), new ImapLimits());
        Assert.Equal(groups, NotifyRequest.Parse(ref p).Groups.Count);
        Assert.True(p.AtEnd);
    }

    [Theory]
    [InlineData("SET")]
    [InlineData("SET STATUS")]
    [InlineData("SET (selected)")]
    [InlineData("SET (selected ())")]
    [InlineData("SET (selected (MessageNew MessageExpunge)")]
    [InlineData("SET (selected (FlagChange))")]
    [InlineData("SET (subtree-one INBOX (MessageNew MessageExpunge))")]
    [InlineData("SET (nobody (MailboxName))")]
    [InlineData("SET (personal (MessageNew (UID) MessageExpunge))")]
    public void What_is_no_request_is_refused(string wire) => Assert.Throws<ImapSyntaxException>(() =>
    {
        var p = new ImapParser(Encoding.ASCII.GetBytes(wire), new ImapLimits());
        NotifyRequest.Parse(ref p);
        p.End();
    });

    [Theory]
    [InlineData("subtree INBOX.a", "INBOX.a.b.c", true)]
    [InlineData("subtree INBOX.a", "INBOX.ab", false)]
    [InlineData("subtree INBOX", "INBOX.a", true)]
    [InlineData("subtree-one INBOX.a", "INBOX.a.b.c", false)]
    [InlineData("subtree-one INBOX.a", "INBOX.a.b", true)]
    [InlineData("mailboxes (INBOX.a INBOX.b)", "INBOX.b", true)]
    [InlineData("mailboxes INBOX.%", "INBOX.a", false)] // no wildcards (§6.6)
    [InlineData("subscribed", "INBOX.s", true)]
    [InlineData("subscribed", "INBOX.a", false)]
    [InlineData("inboxes", "INBOX.a", true)]
    [InlineData("selected", "INBOX", false)]
    public void A_choice_of_mailboxes_covers(string wire, string name, bool covers)
    {
        var p = new ImapParser(Encoding.ASCII.GetBytes(wire), new ImapLimits());
        var filter = MailboxFilter.Parse(ref p);
        Assert.Equal(covers, filter.Covers(Name(name), new HashSet<MailboxName> { Name("INBOX.s") }));
    }

    [Fact]
    public async Task More_mailboxes_than_can_be_watched_are_refused()
    {
        await using var host = new ImapHost(settings => settings with { Limits = settings.Limits with { WatchedMailboxes = 2 } });
        var client = await host.LogInAsync();
        await client.AskAsync("CREATE INBOX.a");
        await client.AskAsync("CREATE INBOX.b");
        Assert.StartsWith("NO [NOTIFICATIONOVERFLOW]", (await client.AskAsync("NOTIFY SET (personal (MessageNew MessageExpunge))")).Tagged, StringComparison.Ordinal);
        Assert.True((await client.AskAsync("NOTIFY SET (personal (MailboxName)) (mailboxes (INBOX.a INBOX.b) (MessageNew MessageExpunge))")).IsOk);
    }

    [Fact]
    public async Task What_another_program_does_is_told_too()
    {
        await using var host = new ImapHost();
        var client = await host.LogInAsync();
        await client.AskAsync("CREATE INBOX.list");
        var reply = await client.AskAsync("NOTIFY SET (personal (MessageNew MessageExpunge MailboxName MailboxMetadataChange))");
        Assert.True(reply.IsOk, reply.ToString());
        var maildir = host.MaildirOf("demo");
        await File.WriteAllTextAsync($"{maildir}/.list/new/1700000000.M1P1.host", "Subject: x\n\nx\n");
        Assert.Equal("* STATUS \"INBOX.list\" (MESSAGES 1 UIDNEXT 2)", await client.ReadResponseAsync());
        Directory.Move($"{maildir}/.list", $"{maildir}/.moved");
        Assert.Equal("* LIST (\\HasNoChildren) \".\" \"INBOX.moved\" (\"OLDNAME\" (\"INBOX.list\"))", await client.ReadResponseAsync());
        foreach (var part in (string[])["cur", "tmp", "new"])
            Directory.CreateDirectory($"{maildir}/.made/{part}");
        Assert.Equal("* LIST (\\HasNoChildren) \".\" \"INBOX.made\"", await client.ReadResponseAsync());
        await File.WriteAllTextAsync($"{maildir}/.moved/courier/metadata.x", "/private/comment eA==\n");
        File.Move($"{maildir}/.moved/courier/metadata.x", $"{maildir}/.moved/courier/metadata");
        Assert.Equal("* METADATA \"INBOX.moved\" /private/comment", await client.ReadResponseAsync());
    }

    [Fact]
    public async Task A_command_that_comes_while_something_is_told_is_answered()
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        var other = await host.SelectAsync();
        Assert.True((await client.AskAsync("NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))")).IsOk);
        var changing = Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
                await other.AppendAsync("INBOX", "Subject: x\r\n\r\nx\r\n");
        });
        var told = 0;
        while (!changing.IsCompleted)
        {
            var reply = await client.AskAsync("NOOP");
            Assert.True(reply.IsOk, reply.ToString());
            told += reply.Untagged.Count;
        }

        await changing;
        await client.AskAsync("NOOP");
        var status = await client.AskAsync("STATUS INBOX (MESSAGES)");
        Assert.Contains("* STATUS \"INBOX\" (MESSAGES 100)", status.Untagged);
        Assert.InRange(told, 1, 100 * 300);
    }

    [Fact]
    public async Task The_watch_ends_with_the_login()
    {
        await using var host = new ImapHost();
        var client = await host.SelectAsync();
        Assert.True((await client.AskAsync("NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MailboxName))")).IsOk);
        Assert.True((await client.AskAsync("UNAUTHENTICATE")).IsOk);
        var other = await host.LogInAsync();
        await other.AskAsync("CREATE INBOX.new");
        await Task.Delay(200);
        Assert.Empty((await client.AskAsync("NOOP")).Untagged);
    }

    private static MailboxName Name(string text) => MailboxName.TryParse(text, out var name) ? name : throw new ArgumentException(text, nameof(text));
}
