using Courier.Mailboxes;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Names;

namespace Courier.Tests.Mailboxes;

/// <summary>Maildirs that Courier or Dovecot served before us: what clients know of them stays true.</summary>
public sealed class OtherServersTests
{
    private const string First = "1700000001.M1P1.mail,S=30";
    private const string Second = "1700000002.M2P2.mail";
    private const string Third = "1700000003.M3P3.mail";

    [Fact]
    public async Task Couriers_UIDs_are_kept_and_new_mail_comes_after_them()
    {
        await using var fixture = new StoreFixture();
        Put(fixture, "cur", First + ":2,S", Second + ":2,");
        Put(fixture, "new", Third);
        Write(fixture, "courierimapuiddb", $"1 1234567890 20\n7 {First}\n12 {Second}\n15 gone\n");
        var inbox = await fixture.InboxAsync();
        Assert.Equal(1234567890u, inbox.Current.UidValidity.Value);
        Assert.Equal([7u, 12u, 20u], Uids(inbox));
        Assert.Equal(21u, inbox.Current.UidNext.Value);
        await inbox.DisposeAsync();

        // From here on our own list counts, whatever becomes of theirs.
        await fixture.RestartAsync();
        Write(fixture, "courierimapuiddb", $"1 5 100\n99 {First}\n");
        inbox = await fixture.InboxAsync(fixture.OpenAccount());
        Assert.Equal([7u, 12u, 20u], Uids(inbox));
        await inbox.DisposeAsync();
    }

    [Fact]
    public async Task UIDs_that_were_given_there_are_not_given_again_after_a_restart_without_an_index()
    {
        await using var fixture = new StoreFixture();
        Put(fixture, "cur", First + ":2,S");
        Write(fixture, "courierimapuiddb", $"1 1234567890 20\n7 {First}\n");
        await (await fixture.InboxAsync()).DisposeAsync();
        await fixture.RestartAsync();
        File.Delete(Path.Combine(fixture.Maildir.Path, "courier", "index"));
        Put(fixture, "new", Second);
        await using var inbox = await fixture.InboxAsync(fixture.OpenAccount());
        Assert.Equal([7u, 20u], Uids(inbox));
    }

    [Theory]
    [InlineData("3 V1400000000 N30 Gabcdef0123456789\n5 S30 W33 :{0}\n9 :{1}:2,S\n")]
    [InlineData("1 1400000000 30\n5 {0}\n9 {1}\n")]
    [InlineData("3 V1400000000 N2\n5 :{0}\nnonsense\n 7 :x\n9 P0001 :{1}\n")] // UIDNEXT is above every UID, whatever the first line says
    public async Task Dovecots_UIDs_are_kept(string list)
    {
        await using var fixture = new StoreFixture();
        Put(fixture, "cur", First + ":2,S", Second + ":2,");
        Write(fixture, "dovecot-uidlist", string.Format(System.Globalization.CultureInfo.InvariantCulture, list, First, Second));
        await using var inbox = await fixture.InboxAsync();
        Assert.Equal(1400000000u, inbox.Current.UidValidity.Value);
        Assert.Equal([5u, 9u], Uids(inbox));
        Assert.True(inbox.Current.UidNext.Value > 9);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("2 1 1\n1 x\n")]
    [InlineData("1 0 5\n")]
    [InlineData("3 V1 Nx\n")]
    [InlineData("\0\0\0\0")]
    public async Task A_list_that_nobody_can_read_is_as_none(string list)
    {
        await using var fixture = new StoreFixture();
        Put(fixture, "cur", First + ":2,S");
        Write(fixture, "courierimapuiddb", list);
        await using var inbox = await fixture.InboxAsync();
        Assert.Equal([1u], Uids(inbox));
        Assert.True(inbox.Current.UidValidity.Value > 1_700_000_000);
    }

    [Fact]
    public async Task A_mailbox_that_is_made_later_has_a_higher_UIDVALIDITY()
    {
        await using var fixture = new StoreFixture();
        Put(fixture, "cur", First + ":2,S");
        Write(fixture, "courierimapuiddb", $"1 4000000000 5\n1 {First}\n");
        await (await fixture.InboxAsync()).DisposeAsync();
        await fixture.Account.CreateAsync(StoreFixture.Name("INBOX.New"), default);
        Assert.True((await fixture.Account.StatusAsync(StoreFixture.Name("INBOX.New"), default))!.UidValidity.Value > 4_000_000_000);
    }

    [Fact]
    public async Task POP3_clients_know_their_messages_again()
    {
        await using var fixture = new StoreFixture();
        Put(fixture, "cur", First + ":2,S", Second + ":2,", Third + ":2,");
        Write(fixture, "courierimapuiddb", $"1 1234567890 20\n7 {First}\n12 {Second}\n");
        Write(fixture, "courierpop3dsizelist", $"/3 5 1699999999\n{First} 33 3:1699999999:0\n{Second} 20 4\n");
        await using var inbox = await fixture.InboxAsync();
        Assert.Equal(["UID3-1699999999", "UID4", null], Enumerable.Range(0, 3).Select(i => inbox.TakenUidl(inbox.Current.UidAt(i))));
    }

    [Fact]
    public async Task So_do_those_of_Dovecot()
    {
        await using var fixture = new StoreFixture();
        Put(fixture, "cur", First + ":2,S", Second + ":2,");
        Write(fixture, "dovecot-uidlist", $"3 V1400000000 N30 Gabc\n5 :{First}\n9 PUID4-77 :{Second}\n");
        await using var inbox = await fixture.InboxAsync();
        Assert.Equal(["000000055372" + "4e00", "UID4-77"], Enumerable.Range(0, 2).Select(i => inbox.TakenUidl(inbox.Current.UidAt(i))));
    }

    [Fact]
    public async Task Dovecots_keywords_become_ours_and_its_letters_stay()
    {
        await using var fixture = new StoreFixture();
        Put(fixture, "cur", First + ":2,Sac", Second + ":2,b");
        Write(fixture, "dovecot-uidlist", $"3 V1400000000 N30 Gabc\n5 :{First}\n9 :{Second}\n");
        Write(fixture, "dovecot-keywords", "0 $Label1\n2 NonJunk\n");
        await using (var inbox = await fixture.InboxAsync())
        {
            Assert.Equal(["$Label1", "NonJunk"], inbox.Current.KeywordsAt(0).Order(StringComparer.Ordinal));
            Assert.Empty(inbox.Current.KeywordsAt(1));
        }

        Assert.True(File.Exists(Path.Combine(fixture.Maildir.Path, "cur", First + ":2,Sac")));
        await fixture.RestartAsync();
        Directory.Delete(Path.Combine(fixture.Maildir.Path, "courier"), recursive: true);
        File.Delete(Path.Combine(fixture.Maildir.Path, "dovecot-keywords"));
        await using var again = await fixture.InboxAsync(fixture.OpenAccount());
        Assert.Equal(["$Label1", "NonJunk"], again.Current.KeywordsAt(0).Order(StringComparer.Ordinal)); // from courierimapkeywords
    }

    [Theory]
    [InlineData("INBOX\nSent\nLists.Work\n")]
    [InlineData("V\t2\n\nINBOX\nSent\nLists\tWork\n")]
    public async Task Dovecots_subscriptions_hold_until_there_are_our_own(string file)
    {
        await using var fixture = new StoreFixture();
        Put(fixture, "cur", First + ":2,S");
        Write(fixture, "subscriptions", file);
        Assert.Equal(["INBOX", "INBOX.Sent", "INBOX.Lists.Work"], (await fixture.Account.SubscriptionsAsync(default)).Select(name => name.Value));
        await fixture.Account.SubscribeAsync(MailboxName.Inbox, subscribed: false, default);
        Assert.Equal(["INBOX.Sent", "INBOX.Lists.Work"], (await fixture.Account.SubscriptionsAsync(default)).Select(name => name.Value));
    }

    private static IEnumerable<uint> Uids(Mailbox mailbox) => Enumerable.Range(0, mailbox.Current.Count).Select(i => mailbox.Current.UidAt(i).Value);

    private static void Put(StoreFixture fixture, string directory, params string[] names)
    {
        if (!Directory.Exists(fixture.Maildir.Path))
            _ = fixture.Account;
        foreach (var name in names)
            File.WriteAllText(Path.Combine(fixture.Maildir.Path, directory, name), "Subject: x\n\ntext\n");
    }

    private static void Write(StoreFixture fixture, string file, string text) => File.WriteAllText(Path.Combine(fixture.Maildir.Path, file), text);
}
