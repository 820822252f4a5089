using Courier.IO.Files;
using Courier.Mailboxes;
using Courier.Mailboxes.Delivery;
using Courier.Mailboxes.Maildir;

namespace Courier.Tests.Mailboxes;

/// <summary>Several messages appear together or not at all, wherever a crash came (RFC 3502, RFC 3501 §6.4.7).</summary>
public sealed class PlacementJournalTests
{
    private const int Messages = 5;

    public static TheoryData<int> Renamed => [.. Enumerable.Range(0, Messages + 1)];

    [Theory]
    [MemberData(nameof(Renamed))]
    public async Task After_a_crash_among_the_renames_all_are_there(int renamed)
    {
        await using var fixture = new StoreFixture();
        var names = await CrashAsync(fixture, renamed);
        var mailbox = await fixture.InboxAsync(fixture.OpenAccount());
        Assert.Equal(Messages + 1, mailbox.Current.Count);
        Assert.Equal(Messages, Enumerable.Range(1, Messages).Count(i => mailbox.Current[i].Flags == MessageFlags.Flagged));
        Assert.Empty(Directory.EnumerateFiles(fixture.Maildir.Path + "/tmp"));
        Assert.Empty(Directory.EnumerateFiles(fixture.Maildir.Path + "/courier/placing"));
        Assert.All(names, name => Assert.True(File.Exists($"{fixture.Maildir.Path}/cur/{name}:2,F")));
        await mailbox.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Renamed))]
    public async Task What_was_to_be_taken_back_is(int renamed)
    {
        await using var fixture = new StoreFixture();
        await CrashAsync(fixture, renamed, journal => journal.Undo());
        var mailbox = await fixture.InboxAsync(fixture.OpenAccount());
        Assert.Equal(1, mailbox.Current.Count);
        Assert.Empty(Directory.EnumerateFiles(fixture.Maildir.Path + "/courier/placing"));
        await mailbox.DisposeAsync();
    }

    [Fact]
    public async Task Another_process_that_has_the_mailbox_open_goes_on_with_it()
    {
        await using var fixture = new StoreFixture();
        var account = fixture.OpenAccount();
        var mailbox = await fixture.InboxAsync(account);
        await CrashAsync(fixture, renamed: 2, restarts: false);
        await mailbox.RefreshAsync(default);
        await mailbox.StoreAsync([mailbox.Current.UidAt(0)], StoreFixture.Add(MessageFlags.Seen), default);
        Assert.Equal(Messages + 1, (await mailbox.RefreshAsync(default)).Count);
        await mailbox.DisposeAsync();
    }

    [Fact]
    public async Task Where_one_cannot_be_placed_none_is_and_no_journal_stays()
    {
        await using var fixture = new StoreFixture();
        var folder = new MaildirFolder(fixture.Maildir.Path);
        var mailbox = await fixture.InboxAsync();
        var state = fixture.Store().Enter(folder, folder);
        await state.RefreshAsync(default);
        var names = Stage(fixture, 3);
        // The second cannot be renamed: a directory of that name is in its way.
        Directory.CreateDirectory($"{folder.Cur}/{names[1]}:2,/in the way");
        List<Arrival> arrivals = [.. names.Select(name => new Arrival(name, MessageFlags.None, [], 9, 0))];
        await Assert.ThrowsAnyAsync<IOException>(async () => await new Arrivals(state).PlaceAsync(arrivals, default));
        Assert.Empty(Directory.EnumerateFiles(folder.Cur));
        Assert.Empty(Directory.EnumerateFiles(folder.Placing));
        await mailbox.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Renamed))]
    public async Task After_a_crash_among_the_links_of_a_copy_none_is_there(int linked)
    {
        await using var fixture = new StoreFixture();
        var folder = new MaildirFolder(fixture.Maildir.Path);
        await (await fixture.InboxAsync()).DisposeAsync();
        await fixture.RestartAsync();
        var names = Stage(fixture, Messages);
        using (OfdLock.Take(folder.UidsLock))
        {
            PlacementJournal.WriteUndo(folder, [.. names.Select(name => (name, name + ":2,"))]);
            foreach (var name in names.Take(linked))
                DurableFile.Link($"{folder.Tmp}/{name}", $"{folder.Cur}/{name}:2,");
        }

        await using var mailbox = await fixture.InboxAsync(fixture.OpenAccount());
        Assert.Equal(0, mailbox.Current.Count);
        Assert.Empty(Directory.EnumerateFiles(folder.Cur));
        Assert.Empty(Directory.EnumerateFiles(folder.Placing));
    }

    [Fact]
    public async Task A_copy_of_several_is_guarded_while_it_is_made_and_leaves_nothing_behind()
    {
        await using var fixture = new StoreFixture();
        var folder = new MaildirFolder(fixture.Maildir.Path);
        for (var i = 0; i < Messages; i++)
            fixture.Maildir.Drop("Subject: x\n\nx\n", flags: "F", inCur: true);
        await fixture.Account.CreateAsync(StoreFixture.Name("INBOX.To"), default);
        var target = new MaildirFolder(fixture.Maildir.Path + "/.To");
        await using var mailbox = await fixture.InboxAsync();
        var journals = new List<string>();
        using (var watcher = new Courier.IO.Platform.Inotify())
        {
            Directory.CreateDirectory(target.Placing);
            using var watch = watcher.Watch(target.Placing, (name, events) =>
            {
                lock (journals)
                    journals.Add($"{name} {events & Courier.IO.Platform.DirectoryEvents.Names}");
            });
            var copied = await mailbox.CopyAsync([.. Enumerable.Range(0, Messages).Select(mailbox.Current.UidAt)], StoreFixture.Name("INBOX.To"), default);
            Assert.Equal(Messages, copied!.Copies.Count);
            Assert.True(SpinWait.SpinUntil(
                () =>
                {
                    lock (journals)
                        return journals.Count == 2;
                }, TimeSpan.FromSeconds(20)));
        }

        Assert.Collection(journals,
            made => Assert.EndsWith(".undo Created", made, StringComparison.Ordinal),
            gone => Assert.EndsWith(".undo Deleted", gone, StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFiles(target.Placing));
        Assert.Equal(Messages, Directory.EnumerateFiles(target.Cur).Count(file => file.EndsWith(":2,F", StringComparison.Ordinal)));
        Assert.Empty(Directory.EnumerateFiles(target.Tmp));
        Assert.All(Directory.EnumerateFiles(target.Cur), file => Assert.True(FileStatus.TryGet(file, out var status) && status.Links == 2));
    }

    [Fact]
    public async Task Where_a_file_of_a_copy_has_another_name_by_now_it_is_found_and_all_are_copied()
    {
        await using var fixture = new StoreFixture();
        for (var i = 0; i < Messages; i++)
            fixture.Maildir.Drop("Subject: x\n\nx\n", inCur: true);
        await fixture.Account.CreateAsync(StoreFixture.Name("INBOX.To"), default);
        await using var mailbox = await fixture.InboxAsync();
        var uids = Enumerable.Range(0, Messages).Select(mailbox.Current.UidAt).ToList();
        var third = fixture.Maildir.Names("cur").ElementAt(2);
        File.Move($"{fixture.Maildir.Path}/cur/{third}", $"{fixture.Maildir.Path}/cur/{third}T");
        var copied = await mailbox.CopyAsync(uids, StoreFixture.Name("INBOX.To"), default);
        Assert.Equal(uids, copied!.Sources);
        var target = new MaildirFolder(fixture.Maildir.Path + "/.To");
        Assert.Equal(Messages, Directory.EnumerateFiles(target.Cur).Count());
        Assert.Empty(Directory.EnumerateFiles(target.Placing));
    }

    /// <summary>As a crash leaves it: staged, decided, and some of them renamed.</summary>
    private static async Task<List<string>> CrashAsync(StoreFixture fixture, int renamed, Action<PlacementJournal>? then = null, bool restarts = true)
    {
        using (var first = StoreFixture.Message("Subject: first\r\n\r\nx\r\n").Message)
            await fixture.Account.AppendAsync(Courier.Mailboxes.Names.MailboxName.Inbox, [new(first, MessageFlags.None, [], null)], default);
        if (restarts)
            await fixture.RestartAsync();
        var folder = new MaildirFolder(fixture.Maildir.Path);
        var names = Stage(fixture, Messages);
        using (OfdLock.Take(folder.UidsLock))
        {
            var journal = PlacementJournal.Write(folder, [.. names.Select(name => (name, name + ":2,F"))]);
            foreach (var name in names.Take(renamed))
                File.Move($"{folder.Tmp}/{name}", $"{folder.Cur}/{name}:2,F");
            then?.Invoke(journal);
        }

        return names;
    }

    private static List<string> Stage(StoreFixture fixture, int count)
    {
        var folder = new MaildirFolder(fixture.Maildir.Path);
        return [.. Enumerable.Range(0, count).Select(i => MessageWriter.Write(folder.Tmp, UniqueName.Next(DateTimeOffset.UtcNow), "", default, "Subject: x\r\n\r\nx\r\n"u8))];
    }
}
