using Courier.Mailboxes;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Names;
using Courier.Mailboxes.Upkeep;

namespace Courier.Tests.Mailboxes;

/// <summary>Check and repair find what is broken in a mailbox, mend it, and leave the rest as it was.</summary>
public sealed class UpkeepTests
{
    [Fact]
    public async Task A_sound_mailbox_has_no_findings()
    {
        await using var fixture = new StoreFixture();
        await FillAsync(fixture, 3);
        Assert.Empty(await CheckAsync(fixture, repairs: false));
    }

    [Fact]
    public async Task Damaged_lines_of_UIDs_are_found_and_only_their_messages_get_new_UIDs()
    {
        await using var fixture = new StoreFixture();
        await FillAsync(fixture, 4);
        var path = fixture.Maildir.Path + "/courier/uids";
        var lines = await File.ReadAllLinesAsync(path);
        lines[^2] = lines[^2].Replace("U 3", "U 2", StringComparison.Ordinal); // the checksum does not fit any more
        await File.WriteAllLinesAsync(path, lines);
        File.Delete(fixture.Maildir.Path + "/courier/index");
        Assert.Contains(await CheckAsync(fixture, repairs: false), finding => finding is { File: "courier/uids", Kind: FindingKind.Damage, Repaired: false });
        Assert.Contains(await CheckAsync(fixture, repairs: true), finding => finding is { File: "courier/uids", Repaired: true });
        Assert.DoesNotContain(await CheckAsync(fixture, repairs: false), finding => finding.Kind == FindingKind.Damage);
        await using var inbox = await fixture.InboxAsync(fixture.OpenAccount());
        var uids = Enumerable.Range(0, inbox.Current.Count).Select(i => inbox.Current.UidAt(i).Value).ToList();
        Assert.Equal([1u, 2u, 4u], uids[..3]);
        Assert.True(uids[3] > 1024); // above the last reservation: nobody was shown it before
    }

    [Fact]
    public async Task A_list_whose_head_is_gone_comes_back_from_the_index()
    {
        await using var fixture = new StoreFixture();
        await FillAsync(fixture, 3);
        var before = (await fixture.Account.StatusAsync(MailboxName.Inbox, default))!.UidValidity;
        await fixture.RestartAsync();
        var path = fixture.Maildir.Path + "/courier/uids";
        await File.WriteAllLinesAsync(path, (await File.ReadAllLinesAsync(path))[1..]);
        Assert.Contains(await CheckAsync(fixture, repairs: true, fixture.OpenAccount()), finding => finding is { File: "courier/uids", Repaired: true });
        await using var inbox = await fixture.InboxAsync(fixture.OpenAccount());
        Assert.Equal((before, 3), (inbox.Current.UidValidity, inbox.Current.Count));
        Assert.Equal([1u, 2u, 3u], Enumerable.Range(0, 3).Select(i => inbox.Current.UidAt(i).Value));
    }

    [Fact]
    public async Task What_lies_around_or_is_missing_is_found_and_mended()
    {
        await using var fixture = new StoreFixture();
        await FillAsync(fixture, 2);
        await fixture.Account.CreateAsync(StoreFixture.Name("INBOX.A"), default);
        var main = fixture.Maildir.Path;
        File.Delete(main + "/.A/maildirfolder");
        Directory.Delete(main + "/.A/tmp");
        await File.WriteAllTextAsync(main + "/maildirsize", "1000000S\n99999 7\n");
        await File.WriteAllTextAsync(main + "/cur/1700000000.x.y,S=5,W=6:2,S", "Subject: longer than that\n\n");
        Directory.CreateDirectory(main + "/courierimapkeywords");
        await File.WriteAllTextAsync(main + "/courierimapkeywords/:list", "work\n\n1.gone.x:0\n");
        await File.WriteAllTextAsync(main + "/courier/index", "nonsense");
        var found = await CheckAsync(fixture, repairs: false);
        Assert.Equal(["courier/index", "courierimapkeywords", "cur", "maildirsize"], found.Select(finding => finding.File).Order(StringComparer.Ordinal));
        var folder = await fixture.Account.Upkeep.CheckAsync(StoreFixture.Name("INBOX.A"), repairs: false, reads: false, default);
        Assert.Equal(["tmp", "maildirfolder"], folder!.Select(finding => finding.File));
        await CheckAsync(fixture, repairs: true);
        await fixture.Account.Upkeep.CheckAsync(StoreFixture.Name("INBOX.A"), repairs: true, reads: false, default);
        Assert.Empty(await CheckAsync(fixture, repairs: false));
        Assert.Empty((await fixture.Account.Upkeep.CheckAsync(StoreFixture.Name("INBOX.A"), repairs: false, reads: false, default))!);
        Assert.StartsWith("1000000S\n", await File.ReadAllTextAsync(main + "/maildirsize"), StringComparison.Ordinal);
        Assert.Equal(3, (await fixture.Account.StatusAsync(MailboxName.Inbox, default))!.Messages);
    }

    [Fact]
    public async Task A_wire_size_that_is_wrong_is_found_by_reading()
    {
        await using var fixture = new StoreFixture();
        await FillAsync(fixture, 1);
        var text = "Subject: a\n\n";
        await File.WriteAllTextAsync(fixture.Maildir.Path + $"/cur/1700000000.x.y,S={text.Length},W=6:2,S", text);
        Assert.Empty(await CheckAsync(fixture, repairs: false));
        var found = await fixture.Account.Upkeep.CheckAsync(MailboxName.Inbox, repairs: true, reads: true, default);
        Assert.Equal("cur", Assert.Single(found!).File);
        Assert.Contains(fixture.Maildir.Names("cur"), name => name.EndsWith($",S={text.Length},W={text.Length + 2}:2,S", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Expunged_messages_can_be_read_listed_and_had_back()
    {
        await using var fixture = new StoreFixture();
        await FillAsync(fixture, 3);
        await using var inbox = await fixture.InboxAsync();
        var gone = inbox.Current.UidAt(1);
        await inbox.RemoveAsync([gone], default);
        Assert.NotNull(await StoreFixture.TextAsync(inbox, gone)); // a session that still shows it
        var upkeep = fixture.Account.Upkeep;
        var message = Assert.Single(upkeep.Expunged(MailboxName.Inbox)!);
        Assert.Equal(1, await upkeep.RestoreAsync(MailboxName.Inbox, [message], default));
        Assert.Empty(upkeep.Expunged(MailboxName.Inbox)!);
        var snapshot = await inbox.RefreshAsync(default);
        Assert.Equal(["1", "3", "4"], Enumerable.Range(0, 3).Select(i => snapshot.UidAt(i).ToString()));
        Assert.Contains("Subject: 1", await StoreFixture.TextAsync(inbox, snapshot.UidAt(2)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_expunged_long_enough_ago_goes_for_good()
    {
        await using var fixture = new StoreFixture();
        await FillAsync(fixture, 2);
        await using var inbox = await fixture.InboxAsync();
        await inbox.RemoveAsync([inbox.Current.UidAt(0)], default);
        await fixture.Account.Upkeep.PurgeAsync(TimeSpan.FromDays(1), default);
        Assert.Single(fixture.Account.Upkeep.Expunged(MailboxName.Inbox)!);
        await fixture.Account.Upkeep.PurgeAsync(TimeSpan.Zero, default);
        Assert.Empty(fixture.Account.Upkeep.Expunged(MailboxName.Inbox)!);
    }

    [Fact]
    public async Task A_deleted_mailbox_comes_back_under_its_name()
    {
        await using var fixture = new StoreFixture();
        var name = StoreFixture.Name("INBOX.Projets.Été");
        await fixture.Account.CreateAsync(name, default);
        fixture.Maildir.Drop("Subject: a\n\n", ".Projets.Été");
        var before = (await fixture.Account.StatusAsync(name, default))!;
        await fixture.Account.DeleteAsync(name, default);
        var deleted = Assert.Single(fixture.Account.Upkeep.DeletedMailboxes());
        Assert.Equal((name, 1), (deleted.Name, deleted.Messages));
        Assert.True(await fixture.Account.Upkeep.RestoreAsync(deleted, name, default));
        var after = (await fixture.Account.StatusAsync(name, default))!;
        Assert.Equal((before.UidValidity, before.UidNext, 1), (after.UidValidity, after.UidNext, after.Messages));
    }

    [Fact]
    public async Task Names_in_modified_UTF_7_become_UTF_8_with_the_subscriptions()
    {
        await using var fixture = new StoreFixture();
        fixture.Maildir.Drop("Subject: a\n\n", ".R&AOk-sum&AOk-");
        fixture.Maildir.Drop("Subject: b\n\n", ".A&-B");
        fixture.Maildir.Drop("Subject: c\n\n", ".no&name");
        await File.WriteAllTextAsync(fixture.Maildir.Path + "/courierimapsubscribed", "INBOX\nINBOX.R&AOk-sum&AOk-\n");
        Assert.Equal(["INBOX.A&B", "INBOX.Résumé"], fixture.Account.Upkeep.FolderNames.Find().Select(folder => folder.Name.Value));
        await fixture.Account.Upkeep.FolderNames.ConvertAsync(default);
        Assert.Equal(["INBOX", "INBOX.A&B", "INBOX.Résumé", "INBOX.no&name"], (await fixture.Account.ListAsync(default)).Select(mailbox => mailbox.Name.Value));
        Assert.Equal(["INBOX", "INBOX.Résumé"], (await fixture.Account.SubscriptionsAsync(default)).Select(name => name.Value));
        Assert.Empty(fixture.Account.Upkeep.FolderNames.Find());
    }

    private static async Task FillAsync(StoreFixture fixture, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var message = StoreFixture.Message($"Subject: {i}\r\n\r\ntext\r\n").Message;
            await fixture.Account.AppendAsync(MailboxName.Inbox, [new AppendMessage(message, MessageFlags.None, [], null)], default);
        }
    }

    private static async Task<IReadOnlyList<Finding>> CheckAsync(StoreFixture fixture, bool repairs, MailAccount? account = null) =>
        (await (account ?? fixture.OpenAccount()).Upkeep.CheckAsync(MailboxName.Inbox, repairs, reads: false, default))!;
}
