using Courier.Mailboxes;
using Courier.Mailboxes.Names;
using Courier.Mailboxes.Search;

namespace Courier.Tests.Mailboxes.FullText;

/// <summary>The full text index answers as a scan would, whatever happens to it and to the mailbox.</summary>
public sealed class TextIndexTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    private string IndexDirectory => _fixture.Maildir.Path + "/courier/text";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task RandomMailboxesAnswerAsTheirScan(int seed)
    {
        var mail = new RandomMail(seed);
        await using var mailbox = await FillAsync(mail, 120);
        Assert.Equal(120, await mailbox.IndexTextAsync(anew: false, default));
        await AppendAsync(mail, 20); // these are not in the index
        await mailbox.RefreshAsync(default);
        for (var i = 0; i < 120; i++)
        {
            var pattern = new TextPattern(mail.Pattern());
            SearchKey key = (i % 8) switch
            {
                0 => new BodyKey(pattern),
                1 => new HeaderKey("Subject", pattern),
                2 => new HeaderKey("X-Note", pattern),
                3 => new NotKey(new TextKey(pattern)),
                4 => new OrKey(new HeaderKey("FROM", pattern), new BodyKey(new(mail.Pattern()))),
                5 => new AndKey([new TextKey(pattern), new TextKey(new(mail.Pattern()))]),
                _ => new TextKey(pattern),
            };
            await PlainScope.AssertSameAsync(mailbox, key);
        }
    }

    [Fact]
    public async Task ARareTextOpensTheMessagesThatHaveIt()
    {
        await using var mailbox = await FillAsync(new RandomMail(7), 100);
        await AppendAsync("Subject: one\r\n\r\nthe needle here\r\n", "Subject: two\r\n\r\nNEEDLE\r\n", "Subject: three\r\n\r\nneed les\r\n");
        await mailbox.IndexTextAsync(anew: false, default);
        var (found, opened) = await PlainScope.FindAsync(mailbox, new TextKey(new("Needle")), usesIndex: true);
        Assert.Equal([100, 101], found);
        Assert.InRange(opened, 2, 2 + 16 + 1); // the first few are opened before the index is
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AMailboxThatIsRemovedIsNotMadeAgainForItsIndex(bool byAnotherProgram)
    {
        var settings = new MailStoreSettings { TextIndex = new() { AtLeast = 1, After = TimeSpan.FromMilliseconds(300) } };
        var account = _fixture.OpenAccount(settings);
        var name = StoreFixture.Name("INBOX.Gone");
        await account.CreateAsync(name, default);
        var path = _fixture.Maildir.Path + "/.Gone";
        await using (var mailbox = (await account.OpenAsync(name, default))!)
        {
            for (var i = 0; i < 5; i++)
                await account.AppendAsync(name, [StoreFixture.Message("Subject: x\r\n\r\nwords\r\n")], default);
            await mailbox.RefreshAsync(default);
            // The builder is due in a moment.
            if (byAnotherProgram)
                Directory.Delete(path, recursive: true);
            else
                await account.DeleteAsync(name, default);
        }

        // A second mailbox that is due later: when its index is there, the turn of the first is over.
        await AppendAsync("Subject: y\r\n\r\nother words\r\n");
        await using var inbox = await _fixture.InboxAsync(account);
        Assert.True(SpinWait.SpinUntil(() => inbox.TextIndex().Indexed == 1, TimeSpan.FromSeconds(30)));
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task TwoIdeographsAreEnough()
    {
        await using var mailbox = await FillAsync(new RandomMail(7), 0);
        for (var i = 0; i < 60; i++)
            await AppendAsync("Subject: plain\r\n\r\nwords\r\n");
        await AppendAsync("Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\u001b$B2q5D\u001b(B\r\n");
        await mailbox.IndexTextAsync(anew: false, default);
        var (found, opened) = await PlainScope.FindAsync(mailbox, new BodyKey(new("会議")), usesIndex: true);
        Assert.Equal([60], found);
        Assert.InRange(opened, 1, 18);
    }

    [Fact]
    public async Task ExpungedMessagesThatASessionStillShowsAreFound()
    {
        var mail = new RandomMail(11);
        await using var mailbox = await FillAsync(mail, 60);
        await mailbox.IndexTextAsync(anew: false, default);
        var before = mailbox.Current;
        await mailbox.RemoveAsync([.. Enumerable.Range(10, 25).Select(before.UidAt)], default);
        await AppendAsync(mail, 10);
        await mailbox.RefreshAsync(default);
        for (var i = 0; i < 20; i++)
        {
            await PlainScope.AssertSameAsync(mailbox, new TextKey(new(mail.Pattern())), before);
            await PlainScope.AssertSameAsync(mailbox, new TextKey(new(mail.Pattern())));
        }

        // The next round of building leaves out what is gone.
        await mailbox.IndexTextAsync(anew: false, default);
        Assert.Equal(new(45, 45), (mailbox.TextIndex().Messages, mailbox.TextIndex().Indexed));
    }

    [Fact]
    public async Task CopiesAreOtherMessages()
    {
        var mail = new RandomMail(12);
        await using var inbox = await FillAsync(mail, 50);
        await inbox.IndexTextAsync(anew: false, default);
        await _fixture.Account.CreateAsync(StoreFixture.Name("INBOX.A"), default);
        await using var target = (await _fixture.Account.OpenAsync(StoreFixture.Name("INBOX.A"), default))!;
        await inbox.MoveAsync([.. Enumerable.Range(0, 30).Select(inbox.Current.UidAt)], StoreFixture.Name("INBOX.A"), default);
        await target.RefreshAsync(default);
        await target.IndexTextAsync(anew: false, default);
        for (var i = 0; i < 20; i++)
        {
            var key = new TextKey(new(mail.Pattern()));
            await PlainScope.AssertSameAsync(inbox, key);
            await PlainScope.AssertSameAsync(target, key);
        }
    }

    [Fact]
    public async Task ManyRoundsMakeFewFiles()
    {
        var mail = new RandomMail(13);
        await using var mailbox = await FillAsync(mail, 0);
        for (var round = 0; round < 25; round++)
        {
            await AppendAsync(mail, 6);
            await mailbox.IndexTextAsync(anew: false, default);
        }

        var status = mailbox.TextIndex();
        Assert.Equal(new(150, 150), (status.Messages, status.Indexed));
        Assert.InRange(status.Segments, 1, 7);
        Assert.Equal(status.Segments, Directory.GetFiles(IndexDirectory, "*.seg").Length);
        for (var i = 0; i < 40; i++)
            await PlainScope.AssertSameAsync(mailbox, new TextKey(new(mail.Pattern())));
    }

    /// <summary>A power cut or a bad disk: any octet may be another, and the file may end anywhere.</summary>
    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public async Task DamageCostsTimeOnly(int seed)
    {
        var mail = new RandomMail(seed);
        await using var mailbox = await FillAsync(mail, 60);
        await mailbox.IndexTextAsync(anew: false, default);
        var path = Assert.Single(Directory.GetFiles(IndexDirectory, "*.seg"));
        var sound = await File.ReadAllBytesAsync(path);
        var random = new Random(seed);
        for (var i = 0; i < 60; i++)
        {
            var bytes = (byte[])sound.Clone();
            if (i % 3 == 0)
                bytes = bytes[..random.Next(bytes.Length)];
            else if (i % 3 == 1)
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            else
                bytes.AsSpan(random.Next(bytes.Length)).Clear();
            await File.WriteAllBytesAsync(path, bytes);
            await PlainScope.AssertSameAsync(mailbox, new TextKey(new(mail.Pattern())));
        }

        Directory.Delete(IndexDirectory, recursive: true);
        await PlainScope.AssertSameAsync(mailbox, new TextKey(new(mail.Pattern())));
        await File.WriteAllTextAsync(IndexDirectory, "not a directory");
        await PlainScope.AssertSameAsync(mailbox, new TextKey(new(mail.Pattern())));
        File.Delete(IndexDirectory);
        Assert.Equal(60, await mailbox.IndexTextAsync(anew: false, default));
    }

    [Fact]
    public async Task WhatABuilderLeftBehindIsRemoved()
    {
        await using var mailbox = await FillAsync(new RandomMail(31), 20);
        Directory.CreateDirectory(IndexDirectory);
        await File.WriteAllTextAsync(IndexDirectory + "/left.seg.tmp", "half");
        await mailbox.IndexTextAsync(anew: false, default);
        Assert.Single(Directory.GetFiles(IndexDirectory, "*.seg*"));
    }

    [Fact]
    public async Task AUidThatCameToMeanAnotherMessageIsNotBelieved()
    {
        await using (var mailbox = await FillAsync(new RandomMail(32), 30))
            await mailbox.IndexTextAsync(anew: false, default);
        await _fixture.RestartAsync();
        // The list of UIDs comes back from a backup in which the last UIDs were not given yet, and other messages get them.
        var uids = _fixture.Maildir.Path + "/courier/uids";
        var lines = await File.ReadAllLinesAsync(uids);
        await File.WriteAllLinesAsync(uids, lines.Where(line => !(line.StartsWith("U ", StringComparison.Ordinal) && int.Parse(line.Split(' ')[1]) > 10)));
        File.Delete(_fixture.Maildir.Path + "/courier/index");
        foreach (var file in Directory.GetFiles(_fixture.Maildir.Path + "/cur").Order(StringComparer.Ordinal).Skip(10))
            File.Delete(file);
        await using var store = _fixture.Store();
        var account = store.Open(_fixture.Maildir.Path);
        for (var i = 0; i < 30; i++)
            _fixture.Maildir.Drop("Subject: another\r\n\r\nneedle\r\n");
        await using var restored = await _fixture.InboxAsync(account);
        await PlainScope.AssertSameAsync(restored, new TextKey(new("needle")));
        Assert.Equal(30, (await PlainScope.FindAsync(restored, new TextKey(new("needle")), usesIndex: true)).Found.Count);
    }

    [Fact]
    public async Task TwoProcessesKeepOneIndex()
    {
        var mail = new RandomMail(41);
        await using var mailbox = await FillAsync(mail, 80);
        await using var other = await _fixture.InboxAsync(_fixture.OpenAccount());
        var both = await Task.WhenAll(Task.Run(() => mailbox.IndexTextAsync(anew: false, default).AsTask()), Task.Run(() => other.IndexTextAsync(anew: false, default).AsTask()));
        Assert.Contains(80, both);
        Assert.Equal(80, other.TextIndex().Indexed);
        Assert.Single(Directory.GetFiles(IndexDirectory, "*.seg"));
        for (var i = 0; i < 20; i++)
            await PlainScope.AssertSameAsync(i % 2 == 0 ? mailbox : other, new TextKey(new(mail.Pattern())));
    }

    [Fact]
    public async Task IsFedInTheBackgroundAndAfterARestart()
    {
        var settings = new MailStoreSettings { TextIndex = new() { AtLeast = 10, After = TimeSpan.FromMilliseconds(50) } };
        var mail = new RandomMail(51);
        var account = _fixture.OpenAccount(settings);
        for (var i = 0; i < 12; i++)
            _fixture.Maildir.Drop(mail.Next());
        await using (var mailbox = await _fixture.InboxAsync(account))
            await WaitAsync(() => mailbox.TextIndex().Indexed == 12);
        await _fixture.RestartAsync();
        for (var i = 0; i < 12; i++)
            _fixture.Maildir.Drop(mail.Next());
        await using var again = await _fixture.InboxAsync(_fixture.OpenAccount(settings));
        await WaitAsync(() => again.TextIndex().Indexed == 24);
    }

    [Fact]
    public async Task AnAccountMayDoWithout()
    {
        var settings = new MailStoreSettings { TextIndex = new() { AtLeast = 1, After = TimeSpan.FromMilliseconds(20) } };
        var account = _fixture.OpenAccount(settings);
        _fixture.Maildir.Drop(new RandomMail(61).Next());
        await using var mailbox = await _fixture.InboxAsync(account);
        await WaitAsync(() => mailbox.TextIndex().Indexed == 1);
        account.WantsTextIndex = false;
        _fixture.Maildir.Drop(new RandomMail(62).Next());
        await mailbox.RefreshAsync(default);
        await WaitAsync(() => !Directory.Exists(IndexDirectory));
        account.WantsTextIndex = null;
        _fixture.Maildir.Drop(new RandomMail(63).Next());
        await mailbox.RefreshAsync(default);
        await WaitAsync(() => mailbox.TextIndex().Indexed == 3);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private static async Task WaitAsync(Func<bool> condition)
    {
        for (var i = 0; i < 500 && !condition(); i++)
            await Task.Delay(20);
        Assert.True(condition());
    }

    private async Task<Mailbox> FillAsync(RandomMail mail, int count)
    {
        await AppendAsync(mail, count);
        return await _fixture.InboxAsync();
    }

    private Task AppendAsync(RandomMail mail, int count) => AppendAsync([.. Enumerable.Range(0, count).Select(_ => mail.Next())]);

    private async Task AppendAsync(params string[] messages)
    {
        if (messages.Length > 0)
            Assert.NotNull(await _fixture.Account.AppendAsync(MailboxName.Inbox, [.. messages.Select(text => StoreFixture.Message(text))], default));
    }
}
