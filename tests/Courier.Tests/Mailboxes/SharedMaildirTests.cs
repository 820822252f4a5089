using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes;
using Courier.Mailboxes.Delivery;
using Courier.Mailboxes.Names;
using Courier.Testing.Processes;

namespace Courier.Tests.Mailboxes;

/// <summary>Several sessions, processes and programs on one Maildir.</summary>
public sealed class SharedMaildirTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly StoreFixture _fixture = new();

    private TempMaildir Maildir => _fixture.Maildir;

    [Fact]
    public async Task Sessions_of_one_process_share_a_snapshot_and_hear_of_changes_at_once()
    {
        Maildir.Drop("one", inCur: true);
        await using var first = await _fixture.InboxAsync();
        await using var second = await _fixture.InboxAsync();
        Assert.Same(first.Current, second.Current);
        var calls = 0;
        using (second.OnChanged(() => Interlocked.Increment(ref calls)))
        {
            await first.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.Seen), default);
            Assert.True(calls >= 1);
            Assert.Equal(MessageFlags.Seen, second.Current.FlagsAt(0));
        }

        var heard = calls;
        await first.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.Flagged), default);
        Assert.Equal(heard, calls);
    }

    [Fact]
    public async Task A_delivery_is_heard_of_by_whoever_listens()
    {
        await using var inbox = await _fixture.InboxAsync();
        var arrived = new TaskCompletionSource();
        using var listener = inbox.OnChanged(() =>
        {
            if (inbox.Current.Count == 1)
                arrived.TrySetResult();
        });
        Assert.True(StagedMessage.Write(Maildir.Path, "1.M1Q1R0.h", default, MessageBody.OfBytes(Encoding.ASCII.GetBytes("x\r\n"))).Publish());
        await arrived.Task.WaitAsync(Patience);
        Assert.Equal(3, inbox.Current[0].Size);
    }

    [Fact]
    public async Task Another_process_sees_what_this_one_does_and_the_UIDs_are_the_same()
    {
        await using var here = await _fixture.InboxAsync();
        await using var there = await _fixture.InboxAsync(_fixture.OpenAccount());
        await _fixture.Account.AppendAsync(MailboxName.Inbox, [StoreFixture.Message("one", MessageFlags.Seen)], default);
        Assert.Equal("1:S", StoreFixture.Describe(await there.RefreshAsync(default)));
        Maildir.Drop("two", inCur: true);
        await there.RefreshAsync(default);
        await _fixture.Account.AppendAsync(MailboxName.Inbox, [StoreFixture.Message("three")], default);
        Assert.Equal("1*:S 2: 3*:", StoreFixture.Describe(await here.RefreshAsync(default)));
        Assert.Equal("1:S 2: 3:", StoreFixture.Describe(await there.RefreshAsync(default)));
        Assert.Equal("two", await StoreFixture.TextAsync(here, new Uid(2)));
        Assert.Equal("two", await StoreFixture.TextAsync(there, new Uid(2)));
    }

    [Fact]
    public async Task A_file_that_went_and_came_back_is_a_new_message_for_every_process()
    {
        Maildir.Drop("one", name: "1.a.h", inCur: true);
        await using var here = await _fixture.InboxAsync();
        await using var there = await _fixture.InboxAsync(_fixture.OpenAccount());
        File.Move(Maildir.Path + "/cur/1.a.h:2,", Maildir.Path + "/away");
        Assert.Equal("", StoreFixture.Describe(await here.RefreshAsync(default)));
        File.Move(Maildir.Path + "/away", Maildir.Path + "/cur/1.a.h:2,");
        Assert.Equal("2:", StoreFixture.Describe(await here.RefreshAsync(default)));
        Maildir.Drop("two", inCur: true);
        await there.RefreshAsync(default);
        Assert.Equal("2: 3:", StoreFixture.Describe(await there.RefreshAsync(default)));
        Assert.Equal("2: 3:", StoreFixture.Describe(await here.RefreshAsync(default)));
    }

    [Fact]
    public async Task Two_files_of_one_name_become_two_messages()
    {
        Maildir.Drop("here", name: "1.a.h");
        Maildir.Drop("there", name: "1.a.h", flags: "S", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        await inbox.RefreshAsync(default);
        Assert.Equal("1:S 2*:", StoreFixture.Describe(inbox.Current));
        Assert.Equal("there", await StoreFixture.TextAsync(inbox, new Uid(1)));
        Assert.Equal("here", await StoreFixture.TextAsync(inbox, new Uid(2)));
    }

    [Fact]
    public async Task Names_that_are_no_text_are_messages_like_others()
    {
        await using var inbox = await _fixture.InboxAsync();
        byte[] name = [.. Encoding.UTF8.GetBytes(Maildir.Path + "/new/"), (byte)'1', (byte)'.', 0xff, 0xfe, (byte)'\n', (byte)'h', 0];
        RawFile.Write(Maildir.Path + "/tmp/x", "text"u8);
        Assert.True(RawFile.TryRename(Encoding.UTF8.GetBytes(Maildir.Path + "/tmp/x\0"), name));
        await inbox.RefreshAsync(default);
        await inbox.ClaimRecentAsync(default);
        await inbox.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.Flagged, "k"), default);
        Assert.Equal("1:F+k", StoreFixture.Describe(await inbox.RefreshAsync(default)));
        Assert.Equal("text", await StoreFixture.TextAsync(inbox, new Uid(1)));
        await _fixture.RestartAsync();
        await using var again = await _fixture.InboxAsync(_fixture.OpenAccount());
        Assert.Equal("1:F+k", StoreFixture.Describe(again.Current));
    }

    [Fact]
    public async Task Appends_at_the_same_time_all_arrive()
    {
        var account = _fixture.Account;
        await using var inbox = await _fixture.InboxAsync();
        var placed = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
            (await account.AppendAsync(MailboxName.Inbox, [StoreFixture.Message("m" + i)], default))!.Uids[0])));
        Assert.Equal(20, placed.Distinct().Count());
        Assert.Equal(20, inbox.Current.Count);
        for (var i = 0; i < placed.Length; i++)
            Assert.Equal("m" + i, await StoreFixture.TextAsync(inbox, placed[i]));
    }

    [Fact]
    public async Task Old_snapshots_stay_as_they_were_while_the_mailbox_changes()
    {
        for (var i = 0; i < 600; i++)
            Maildir.Drop("x", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        var first = inbox.Current;
        await inbox.StoreAsync([new Uid(300)], StoreFixture.Add(MessageFlags.Deleted), default);
        var second = inbox.Current;
        Assert.Equal([299], second.ChangedSince(first));
        await inbox.ExpungeAsync(null, default);
        await _fixture.Account.AppendAsync(MailboxName.Inbox, [StoreFixture.Message("new")], default);
        var third = inbox.Current;
        Assert.Equal((600, 600, 600), (first.Count, second.Count, third.Count));
        Assert.Equal((MessageFlags.None, MessageFlags.Deleted), (first.FlagsAt(299), second.FlagsAt(299)));
        Assert.Equal([599], third.ChangedSince(second));
        Assert.Equal((301u, 601u), (third.UidAt(299).Value, third.UidAt(599).Value));
        Assert.Equal((299, ~299, ~600), (third.IndexOf(new Uid(301)), third.IndexOf(new Uid(300)), third.IndexOf(new Uid(700))));
    }

    [Fact]
    public async Task Closed_mailboxes_leave_memory_in_time_and_come_back_as_they_were()
    {
        var settings = new MailStoreSettings { KeepClosed = TimeSpan.Zero };
        var store = _fixture.Store(settings);
        Maildir.Drop("one", inCur: true);
        await (await _fixture.InboxAsync(store.Open(Maildir.Path))).DisposeAsync();
        await Eventually.IsAsync("the mailbox leaves memory", () => store.LoadedCount == 0);
        // It leaves first and is written then.
        await Eventually.IsAsync("its index is written", () => File.Exists(Maildir.Path + "/courier/index"));
        await using var again = await _fixture.InboxAsync(store.Open(Maildir.Path));
        Assert.Equal("1:", StoreFixture.Describe(again.Current));
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
