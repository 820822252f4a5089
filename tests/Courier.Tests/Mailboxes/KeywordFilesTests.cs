using Courier.Mailboxes;
using Courier.Mailboxes.Maildir;

namespace Courier.Tests.Mailboxes;

public sealed class KeywordFilesTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    private string Keywords => _fixture.Maildir.Path + "/courierimapkeywords";

    [Fact]
    public async Task What_Courier_wrote_is_read_the_newest_file_first()
    {
        for (var i = 1; i <= 4; i++)
            _fixture.Maildir.Drop("x", name: $"{i}.a.h", inCur: true);
        Directory.CreateDirectory(Keywords);
        File.WriteAllText(Keywords + "/:list", "Work\nJunk\n\n1.a.h:0 1\n2.a.h:1\n3.a.h:0\n4.a.h:7\n");
        File.WriteAllText(Keywords + "/2.a.h", "Later\nwork\n");
        File.WriteAllText(Keywords + "/.5.2.a.h", "Older\n");
        File.WriteAllText(Keywords + "/.5.3.a.h", "");
        File.WriteAllText(Keywords + "/.6.4.a.h", "Six\n");
        File.WriteAllText(Keywords + "/.5.4.a.h", "Five\n");
        await using var inbox = await _fixture.InboxAsync();
        var sets = Enumerable.Range(0, 4).Select(i => string.Join(',', inbox.Current.KeywordsAt(i).Order(StringComparer.Ordinal))).ToArray();
        Assert.Equal("Later", sets[1].Split(',')[0]);
        Assert.Equal("work", sets[1].Split(',')[1], ignoreCase: true);
        Assert.Equal(["", "Six"], sets[2..]);
        Assert.Equal("junk,work", sets[0], ignoreCase: true);
        Assert.Equal(2, sets[0].Split(',').Length);
    }

    [Fact]
    public async Task What_we_write_is_a_file_named_like_the_message_until_a_reader_folds_it_into_the_list()
    {
        _fixture.Maildir.Drop("x", name: "1.a.h", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        await inbox.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.None, "B", "a"), default);
        Assert.Equal("B\na\n", File.ReadAllText(Keywords + "/1.a.h"));
        Assert.Equal("1:+B+a", StoreFixture.Describe(await inbox.RefreshAsync(default)));
        Assert.Equal("B\na\n\n1.a.h:0 1\n", File.ReadAllText(Keywords + "/:list"));
        Assert.False(File.Exists(Keywords + "/1.a.h"));
        Assert.Single(Directory.GetFiles(Keywords, ".*.1.a.h"));
        await inbox.StoreAsync([new Uid(1)], StoreFixture.Remove(MessageFlags.None, "b"), default);
        Assert.Equal("1:+a", StoreFixture.Describe(await inbox.RefreshAsync(default)));
        await inbox.StoreAsync([new Uid(1)], StoreFixture.Replace(MessageFlags.None), default);
        Assert.Equal("1:", StoreFixture.Describe(await inbox.RefreshAsync(default)));
        Assert.Equal("B a", string.Join(' ', inbox.Current.Keywords));
    }

    [Fact]
    public async Task A_list_written_over_by_a_slow_reader_loses_no_recent_keyword()
    {
        _fixture.Maildir.Drop("x", name: "1.a.h", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        await inbox.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.None, "new"), default);
        await inbox.RefreshAsync(default);
        // Another program had read the state before and writes its list now.
        File.WriteAllText(Keywords + "/:list", "\n");
        Assert.Equal("1:+new", StoreFixture.Describe(await inbox.RefreshAsync(default)));
    }

    [Fact]
    public void Marked_files_go_when_their_period_is_over()
    {
        var folder = new MaildirFolder(_fixture.Maildir.Path);
        folder.Make(isMain: true);
        var files = new KeywordFiles(folder);
        var now = DateTimeOffset.FromUnixTimeSeconds(3_000_000);
        files.Write("1.a.h"u8, ["x"]);
        files.Read(_ => true, now);
        Assert.Single(Directory.GetFiles(Keywords, ".10001.1.a.h"));
        files.Write("2.a.h"u8, ["y"]);
        files.Read(_ => true, now.AddSeconds(900));
        Assert.Empty(Directory.GetFiles(Keywords, ".10001.1.a.h"));
        Assert.Equal(["1.a.h", "2.a.h"], files.Read(_ => true, now).Keys.Order(StringComparer.Ordinal));
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
