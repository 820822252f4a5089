using Courier.IO.Files;
using Courier.Mailboxes;
using Courier.Mailboxes.Names;
using Courier.Mailboxes.Upkeep;

namespace Courier.Tests.Mailboxes;

/// <summary>Mail brought in from elsewhere: once, whatever happens meanwhile.</summary>
public sealed class ImportTests : IDisposable
{
    private readonly DirectoryInfo _source = Directory.CreateTempSubdirectory("courier-import-");

    public void Dispose() => _source.Delete(recursive: true);

    [Fact]
    public async Task An_mbox_comes_in_with_flags_keywords_and_dates_and_only_once()
    {
        await using var fixture = new StoreFixture();
        var file = Write("mbox", Mbox(0, 3) + "From b@example.org Tue Sep  1 10:20:30 2026\nStatus: R\nX-Keywords: work\nSubject: last\n\nend\n");
        Assert.Equal((4, 0), await ImportAsync(fixture, file));
        await using var inbox = await fixture.InboxAsync();
        Assert.Equal(4, inbox.Current.Count);
        var last = inbox.Current[3];
        Assert.Equal((MessageFlags.Seen, "work", DateTimeOffset.Parse("2026-09-01T10:20:30Z", null)), (last.Flags, Assert.Single(last.Keywords), last.InternalDate));
        Assert.Equal("Return-Path: <b@example.org>\r\nSubject: last\r\n\r\nend\r\n", await StoreFixture.TextAsync(inbox, last.Uid));
        // Seen, moved and expunged since: none of them comes again, and what the file has gained does.
        await inbox.RemoveAsync([inbox.Current.UidAt(0)], default);
        await fixture.Account.CreateAsync(StoreFixture.Name("INBOX.Old"), default);
        await inbox.MoveAsync([inbox.Current.UidAt(0)], StoreFixture.Name("INBOX.Old"), default);
        await File.AppendAllTextAsync(file, "\n" + Mbox(9, 1));
        Assert.Equal((1, 4), await ImportAsync(fixture, file));
        Assert.Equal((0, 5), await ImportAsync(fixture, file));
        Assert.Equal(3, (await inbox.RefreshAsync(default)).Count);
    }

    [Fact]
    public async Task The_same_message_twice_in_a_file_is_two_messages()
    {
        await using var fixture = new StoreFixture();
        var file = Write("mbox", Mbox(0, 1) + Mbox(0, 1));
        Assert.Equal((2, 0), await ImportAsync(fixture, file));
        Assert.Equal((0, 2), await ImportAsync(fixture, file));
    }

    /// <summary>Killed after the files appeared and before they were written down: their names say what they are.</summary>
    [Fact]
    public async Task A_run_that_was_killed_is_gone_on_with()
    {
        await using var fixture = new StoreFixture();
        var file = Write("mbox", Mbox(0, 5));
        await ImportAsync(fixture, Write("part", Mbox(0, 3)));
        File.Delete(fixture.Maildir.Path + "/courier/imported");
        Assert.Equal((2, 3), await ImportAsync(fixture, file));
        await using var inbox = await fixture.InboxAsync();
        Assert.Equal(5, inbox.Current.Count);
    }

    [Fact]
    public async Task An_mbox_is_locked_while_it_is_read()
    {
        await using var fixture = new StoreFixture();
        var file = Write("mbox", Mbox(0, 1));
        var dot = DotLock.TryTake(file + ".lock", TimeSpan.Zero)!;
        var import = Task.Run(() => ImportAsync(fixture, file));
        await Task.Delay(150);
        Assert.False(import.IsCompleted);
        dot.Dispose();
        Assert.Equal((1, 0), await import);
        using (OfdLock.Take(file))
        {
            import = Task.Run(() => ImportAsync(fixture, file));
            await Task.Delay(150);
            Assert.False(import.IsCompleted);
        }

        Assert.Equal((0, 1), await import);
        Assert.False(File.Exists(file + ".lock"));
    }

    [Fact]
    public async Task A_directory_of_mboxes_becomes_folders_with_names_in_UTF_8()
    {
        await using var fixture = new StoreFixture();
        Directory.CreateDirectory(_source.FullName + "/mail/Lists");
        Write("mail/Entw&APw-rfe", Mbox(0, 1));
        Write("mail/Lists/a.b", Mbox(1, 2));
        await fixture.Account.Upkeep.Import(new ImportSettings()).RunAsync(_source.FullName + "/mail", _ => { }, default);
        Assert.Equal(["INBOX", "INBOX.Entwürfe", "INBOX.Lists", "INBOX.Lists.a_b"], (await fixture.Account.ListAsync(default)).Select(mailbox => mailbox.Name.Value));
        Assert.Equal(2, (await fixture.Account.StatusAsync(StoreFixture.Name("INBOX.Lists.a_b"), default))!.Messages);
    }

    [Theory]
    [InlineData("no mail at all\n")]
    [InlineData("\0\0\0")]
    public async Task A_file_that_is_no_mbox_is_refused(string text)
    {
        await using var fixture = new StoreFixture();
        await Assert.ThrowsAsync<InvalidDataException>(() => ImportAsync(fixture, Write("x", text)));
    }

    [Fact]
    public async Task A_Maildir_of_Dovecot_comes_in_with_its_UIDs_keywords_and_folders()
    {
        await using var fixture = new StoreFixture();
        var maildir = _source.FullName + "/Maildir";
        foreach (var directory in (string[])["cur", "new", "tmp", ".R&AOk-sum&AOk-/cur", ".R&AOk-sum&AOk-/new", ".R&AOk-sum&AOk-/tmp"])
            Directory.CreateDirectory($"{maildir}/{directory}");
        Write("Maildir/cur/b:2,Sa", "Subject: b\n\n");
        Write("Maildir/cur/a:2,F", "Subject: a\n\n");
        Write("Maildir/new/c", "Subject: c\n\n");
        File.SetLastWriteTimeUtc(maildir + "/cur/a:2,F", new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        Write("Maildir/dovecot-uidlist", "3 V1400000000 N30 Gabc\n5 :b\n9 :a\n");
        Write("Maildir/dovecot-keywords", "0 work\n");
        Write("Maildir/.R&AOk-sum&AOk-/cur/d:2,", "Subject: d\n\n");
        Write("Maildir/subscriptions", "R&AOk-sum&AOk-\n");
        var done = new List<Imported>();
        await fixture.Account.Upkeep.Import(new ImportSettings()).RunAsync(maildir, done.Add, default);
        Assert.Equal(["INBOX 3 True", "INBOX.Résumé 1 False"], done.Select(mailbox => $"{mailbox.Mailbox} {mailbox.Messages} {mailbox.KeptUids}"));
        await using (var inbox = await fixture.InboxAsync())
        {
            Assert.Equal("5*:S+work 9*:F 30*:", StoreFixture.Describe(inbox.Current).Replace("5:", "5*:", StringComparison.Ordinal).Replace("9:", "9*:", StringComparison.Ordinal).Replace("30:", "30*:", StringComparison.Ordinal));
            Assert.Equal(1400000000u, inbox.Current.UidValidity.Value);
            Assert.Equal(2020, inbox.Current[1].InternalDate.Year);
        }

        Assert.Equal(["INBOX.Résumé"], (await fixture.Account.SubscriptionsAsync(default)).Select(name => name.Value));
        // Again, with one more message there and the record of the first run lost.
        Write("Maildir/cur/e:2,", "Subject: e\n\n");
        File.Delete(fixture.Maildir.Path + "/courier/imported");
        done.Clear();
        await fixture.Account.Upkeep.Import(new ImportSettings()).RunAsync(maildir, done.Add, default);
        Assert.Equal(["INBOX 1 3", "INBOX.Résumé 0 1"], done.Select(mailbox => $"{mailbox.Mailbox} {mailbox.Messages} {mailbox.Known}"));
        Assert.False(Directory.Exists(fixture.Maildir.Path + "/courier/importing"));
    }

    private static async Task<(int Imported, int Known)> ImportAsync(StoreFixture fixture, string file)
    {
        Imported? done = null;
        await fixture.Account.Upkeep.Import(new ImportSettings { Target = MailboxName.Inbox }).RunAsync(file, mailbox => done = mailbox, default);
        return (done!.Messages, done.Known);
    }

    private static string Mbox(int first, int count) => string.Concat(Enumerable.Range(first, count).Select(i =>
        $"From ada@example.org Tue Sep  1 10:20:{i:D2} 2026\nSubject: {i}\nMessage-ID: <{i}@example.org>\n\nbody {i}\n\n"));

    private string Write(string name, string text)
    {
        File.WriteAllText($"{_source.FullName}/{name}", text);
        return $"{_source.FullName}/{name}";
    }
}
