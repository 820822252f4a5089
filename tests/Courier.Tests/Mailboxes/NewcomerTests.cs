using System.Globalization;
using Courier.IO.Files;
using Courier.Mailboxes;
using Courier.Mailboxes.Maildir;
using Courier.Testing.Processes;

namespace Courier.Tests.Mailboxes;

/// <summary>Files that are in no list of UIDs yet, and two processes that find them.</summary>
public sealed class NewcomerTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    private TempMaildir Maildir => _fixture.Maildir;

    [Fact]
    public async Task UIDs_grow_by_time_of_delivery_and_then_by_name_however_many_there_are()
    {
        var names = new List<string>();
        for (var i = 0; i < 9000; i++)
            names.Add(string.Create(CultureInfo.InvariantCulture, $"{1700000000 + (i * 7919 % 300)}.M{i * 104729 % 9000}P1.h"));
        foreach (var name in names)
            Maildir.Drop("x", name: name, inCur: true);
        var ordered = names.OrderBy(name => name.Split('.')[0], StringComparer.Ordinal).ThenBy(name => name, StringComparer.Ordinal).ToList();
        await using (var inbox = await _fixture.InboxAsync())
        {
            await inbox.StoreAsync([new Uid(4500)], StoreFixture.Add(MessageFlags.Deleted), default);
            Assert.Equal([new Uid(4500)], await inbox.ExpungeAsync(null, default));
            Assert.Equal(8999, inbox.Current.Count);
        }

        await _fixture.RestartAsync();
        await using var again = await _fixture.InboxAsync(_fixture.OpenAccount());
        Assert.Equal(8999, again.Current.Count);
        Assert.Equal(Enumerable.Range(1, 9000).Where(uid => uid != 4500).Select(uid => new Uid((uint)uid)), Enumerable.Range(0, 8999).Select(again.Current.UidAt));
        var uids = File.ReadAllLines(Maildir.Path + "/courier/uids").Where(line => line.StartsWith("U ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]);
        Assert.Equal(ordered, uids);
    }

    [Fact]
    public async Task A_file_that_another_process_numbered_during_our_listing_keeps_that_UID()
    {
        await using var inbox = await _fixture.InboxAsync();
        var folder = new MaildirFolder(Maildir.Path);
        Maildir.Drop("ours", name: "1.ours.h", inCur: true);
        Task<MailboxSnapshot> refreshed;
        using (OfdLock.Take(folder.UidsLock))
        {
            refreshed = Task.Run(async () => await inbox.RefreshAsync(default));
            var inode = new FileInfo(folder.UidsLock).FullName is var path && FileStatus.TryGet(path, out var status) ? status.Inode : 0;
            await Eventually.IsAsync("our process has listed and waits for the lock", () => File.ReadLines("/proc/locks")
                .Any(line => line.Contains("->", StringComparison.Ordinal) && line.Contains(string.Create(CultureInfo.InvariantCulture, $":{inode} "), StringComparison.Ordinal)));
            // The other process finds a file that came meanwhile, and gives it a UID before ours does.
            Maildir.Drop("theirs", name: "2.theirs.h", inCur: true);
            var theirs = new UidFile(folder, new MailStoreSettings().BootId);
            Assert.True(theirs.Read((_, _) => { }));
            theirs.Add([(theirs.Give(1), "2.theirs.h")]);
        }

        await refreshed;
        var snapshot = await inbox.RefreshAsync(default);
        Assert.Equal(2, snapshot.Count);
        Assert.Equal("theirs", await StoreFixture.TextAsync(inbox, new Uid(1)));
        Assert.Equal("ours", await StoreFixture.TextAsync(inbox, new Uid(2)));
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
