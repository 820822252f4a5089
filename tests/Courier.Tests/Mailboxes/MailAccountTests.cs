using Courier.IO.Files;
using Courier.Mailboxes;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Names;

namespace Courier.Tests.Mailboxes;

public sealed class MailAccountTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    private MailAccount Account => _fixture.Account;

    private static MailboxName Name(string text) => StoreFixture.Name(text);

    [Fact]
    public async Task Mailboxes_are_listed_with_the_names_between_them()
    {
        await Account.CreateAsync(Name("INBOX.Lists.Work"), default);
        await Account.CreateAsync(Name("INBOX.Entw\u00fcrfe"), default);
        _fixture.Maildir.Drop("new", folder: ".Lists.Work");
        Directory.CreateDirectory(_fixture.Maildir.Path + "/.notes");
        var listing = await Account.ListAsync(default);
        Assert.Equal(
            ["INBOX True True False", "INBOX.Entw\u00fcrfe True False False", "INBOX.Lists False True False", "INBOX.Lists.Work True False True"],
            listing.Select(entry => $"{entry.Name} {entry.Exists} {entry.HasChildren} {entry.IsMarked}"));
        Assert.True(File.Exists(_fixture.Maildir.Path + "/.Lists.Work/maildirfolder"));
        Assert.Equal(CreateOutcome.AlreadyExists, await Account.CreateAsync(Name("INBOX.Lists.Work"), default));
        Assert.Equal(CreateOutcome.AlreadyExists, await Account.CreateAsync(MailboxName.Inbox, default));
        Assert.Equal(CreateOutcome.Created, await Account.CreateAsync(Name("INBOX.Lists"), default));
    }

    [Fact]
    public async Task A_mailbox_with_others_below_it_becomes_a_name_when_it_is_deleted()
    {
        await Account.CreateAsync(Name("INBOX.a"), default);
        await Account.CreateAsync(Name("INBOX.a.b"), default);
        Assert.Equal(DeleteOutcome.Deleted, await Account.DeleteAsync(Name("INBOX.a"), default));
        Assert.Equal(["INBOX", "INBOX.a", "INBOX.a.b"], (await Account.ListAsync(default)).Select(entry => entry.Name.Value));
        Assert.Equal(DeleteOutcome.NoSuchMailbox, await Account.DeleteAsync(Name("INBOX.a"), default));
        Assert.Null(await Account.OpenAsync(Name("INBOX.a"), default));
        Assert.Equal(DeleteOutcome.NotAllowed, await Account.DeleteAsync(MailboxName.Inbox, default));
    }

    [Fact]
    public async Task A_mailbox_made_again_has_a_higher_UIDVALIDITY()
    {
        uint last = 0;
        for (var i = 0; i < 3; i++)
        {
            await Account.CreateAsync(Name("INBOX.a"), default);
            var status = await Account.StatusAsync(Name("INBOX.a"), default);
            Assert.True(status!.UidValidity.Value > last);
            last = status.UidValidity.Value;
            await Account.DeleteAsync(Name("INBOX.a"), default);
        }
    }

    [Fact]
    public async Task Renaming_takes_along_what_lies_below_and_the_sessions_that_have_it_open()
    {
        await Account.CreateAsync(Name("INBOX.a"), default);
        await Account.CreateAsync(Name("INBOX.a.b.c"), default);
        await Account.CreateAsync(Name("INBOX.ab"), default);
        _fixture.Maildir.Drop("one", folder: ".a", inCur: true);
        await using var open = (await Account.OpenAsync(Name("INBOX.a"), default))!;
        Assert.Equal(RenameOutcome.AlreadyExists, await Account.RenameAsync(Name("INBOX.a"), Name("INBOX.ab"), default));
        Assert.Equal(RenameOutcome.NotAllowed, await Account.RenameAsync(Name("INBOX.a"), Name("INBOX.a.x"), default));
        Assert.Equal(RenameOutcome.NoSuchMailbox, await Account.RenameAsync(Name("INBOX.zz"), Name("INBOX.y"), default));
        Assert.Equal(RenameOutcome.NotAllowed, await Account.RenameAsync(Name("INBOX.a"), Name("INBOX." + new string('x', 252)), default));
        Assert.Equal(RenameOutcome.Renamed, await Account.RenameAsync(Name("INBOX.a"), Name("INBOX.z"), default));
        Assert.Equal(["INBOX", "INBOX.ab", "INBOX.z", "INBOX.z.b", "INBOX.z.b.c"], (await Account.ListAsync(default)).Select(entry => entry.Name.Value));
        await open.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.Seen), default);
        Assert.EndsWith(":2,S", Assert.Single(_fixture.Maildir.Names(".z/cur")), StringComparison.Ordinal);
        await using var again = (await Account.OpenAsync(Name("INBOX.z"), default))!;
        Assert.Same(open.Current, again.Current);
        Assert.Equal(CreateOutcome.Created, await Account.CreateAsync(Name("INBOX.a"), default));
        Assert.NotEqual(again.Current.UidValidity, (await Account.StatusAsync(Name("INBOX.a"), default))!.UidValidity);
    }

    [Fact]
    public async Task Renaming_INBOX_moves_its_messages_and_leaves_it_empty()
    {
        _fixture.Maildir.Drop("one", flags: "S", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        await inbox.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.None, "Work"), default);
        Assert.Equal(RenameOutcome.Renamed, await Account.RenameAsync(MailboxName.Inbox, Name("INBOX.Old"), default));
        Assert.Equal(0, inbox.Current.Count);
        Assert.Empty(_fixture.Maildir.Names("cur"));
        await using var old = (await Account.OpenAsync(Name("INBOX.Old"), default))!;
        Assert.Equal("1*:S+Work", StoreFixture.Describe(old.Current));
        Assert.Equal("one", await StoreFixture.TextAsync(old, new Uid(1)));
    }

    [Fact]
    public async Task Subscriptions_are_Couriers_and_what_is_not_ours_in_them_stays()
    {
        Assert.Empty(await Account.SubscriptionsAsync(default));
        File.WriteAllText(_fixture.Maildir.Path + "/courierimapsubscribed", "INBOX.Sent\n#shared.all\nINBOX.Entw\u00fcrfe\n");
        await Account.SubscribeAsync(Name("INBOX.nowhere"), true, default);
        await Account.SubscribeAsync(Name("INBOX.Sent"), true, default);
        await Account.SubscribeAsync(Name("INBOX.Entw\u00fcrfe"), false, default);
        Assert.Equal(["INBOX.Sent", "INBOX.nowhere"], (await Account.SubscriptionsAsync(default)).Select(name => name.Value));
        Assert.Equal("INBOX.Sent\n#shared.all\nINBOX.nowhere\n", File.ReadAllText(_fixture.Maildir.Path + "/courierimapsubscribed"));
    }

    [Fact]
    public async Task STATUS_counts_and_leaves_no_trace()
    {
        _fixture.Maildir.Drop("one");
        _fixture.Maildir.Drop("two", flags: "S", inCur: true);
        var status = await Account.StatusAsync(MailboxName.Inbox, default);
        Assert.Equal((2, 1, 3u, 1), (status!.Messages, status.Recent, status.UidNext.Value, status.Unseen));
        Assert.Single(_fixture.Maildir.Names("new"));
        Assert.Null(await Account.StatusAsync(Name("INBOX.none"), default));
        Assert.Null(await Account.AppendAsync(Name("INBOX.none"), [StoreFixture.Message("x")], default));
    }

    [Fact]
    public async Task A_deleted_mailbox_leaves_the_quota_and_is_removed_for_good_in_time()
    {
        await Account.CreateAsync(Name("INBOX.a"), default);
        _fixture.Maildir.Drop("one", folder: ".a", name: "1.a.h,S=3", inCur: true);
        File.WriteAllText(_fixture.Maildir.Path + "/maildirsize", "1000S\n3 1         \n");
        await Account.DeleteAsync(Name("INBOX.a"), default);
        Assert.Equal("1000S\n3 1         \n-3 -1        \n", File.ReadAllText(_fixture.Maildir.Path + "/maildirsize"));
        var kept = Assert.Single(Directory.GetDirectories(_fixture.Maildir.Path + "/courier/expunged"));
        var main = new MaildirFolder(_fixture.Maildir.Path);
        OldFiles.Sweep(main, TimeSpan.FromDays(7), TimeProvider.System.GetUtcNow().AddDays(6));
        Assert.True(Directory.Exists(kept));
        OldFiles.Sweep(main, TimeSpan.FromDays(7), TimeProvider.System.GetUtcNow().AddDays(8));
        Assert.False(Directory.Exists(kept));
    }

    [Fact]
    public async Task What_waits_in_staging_for_the_queue_is_never_swept()
    {
        await _fixture.InboxAsync();
        var staged = _fixture.Maildir.Path + "/courier/staging/1.M1Q1R0.h,S=1,W=1";
        RawFile.Write(staged, "x"u8);
        RawFile.Write(_fixture.Maildir.Path + "/tmp/old", "x"u8);
        OldFiles.Sweep(new MaildirFolder(_fixture.Maildir.Path), TimeSpan.FromDays(7), TimeProvider.System.GetUtcNow().AddYears(1));
        Assert.True(File.Exists(staged));
        Assert.Empty(_fixture.Maildir.Names("tmp"));
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}

