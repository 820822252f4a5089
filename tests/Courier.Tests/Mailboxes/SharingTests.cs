using System.Globalization;
using System.Text;
using Courier.IO.Files;
using Courier.Mailboxes;
using Courier.Mailboxes.Maildir;
using Courier.Mailboxes.Sharing;

namespace Courier.Tests.Mailboxes;

/// <summary>Accounts that Courier or Dovecot goes on serving: one list of UIDs, whoever gives them, and none that ever names two files.</summary>
public sealed class SharingTests
{
    public static TheoryData<OtherServer> Servers => [OtherServer.Courier, OtherServer.Dovecot];

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task What_we_number_stands_in_their_list_at_once(OtherServer server)
    {
        await using var fixture = new StoreFixture();
        var account = fixture.OpenAccount(new MailStoreSettings { ShareWith = server });
        using var message = StoreFixture.Message("Subject: a\r\n\r\nx\r\n").Message;
        await using var inbox = await fixture.InboxAsync(account);
        fixture.Maildir.Drop("Subject: dropped\n\n");
        await inbox.RefreshAsync(default);
        await account.AppendAsync(Courier.Mailboxes.Names.MailboxName.Inbox, [new AppendMessage(message, MessageFlags.Seen, [], null)], default);
        Assert.Equal(Ours(inbox), Theirs(fixture, server));
        Assert.Equal(2, Theirs(fixture, server).Count);
        Assert.Equal(inbox.Current.UidValidity.Value, UidList.Read(Folder(fixture), server)!.UidValidity);
        Assert.False(File.Exists(LockOf(fixture, server)));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task What_they_number_has_that_UID_here(OtherServer server)
    {
        await using var fixture = new StoreFixture();
        var settings = new MailStoreSettings { ShareWith = server };
        var account = fixture.OpenAccount(settings);
        var peer = new Peer(fixture, server);
        await using var inbox = await fixture.InboxAsync(account);
        fixture.Maildir.Drop("Subject: b\n\n", name: "1700000009.z.x");
        fixture.Maildir.Drop("Subject: a\n\n", name: "1700000001.y.x");
        peer.Serve(reverse: true); // other than we would number them
        await inbox.RefreshAsync(default);
        Assert.Equal(Ours(inbox), Theirs(fixture, server));
        Assert.Equal(["1:1700000009.z.x", "2:1700000001.y.x"], Ours(inbox));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_file_keeps_the_UID_that_it_has_there_and_any_other_gets_a_higher_one(OtherServer server)
    {
        await using var fixture = new StoreFixture();
        var inbox = await ThreeAsync(fixture, server);
        // There the second has 7, the third none, and 8 was given to a file that is gone.
        var uidValidity = inbox.Current.UidValidity.Value;
        Write(fixture, server, uidValidity, 9, (1, "a"), (7, "b"));
        var seen = await inbox.RefreshAsync(default);
        Assert.Equal(["1:a", "7:b", "9:c"], Ours(inbox));
        Assert.Equal(Ours(inbox), Theirs(fixture, server));
        Assert.True(seen.UidNext.Value > 9);
        await inbox.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_UID_that_named_a_file_here_never_names_theirs(OtherServer server)
    {
        await using var fixture = new StoreFixture();
        var inbox = await ThreeAsync(fixture, server);
        // They never heard of our second and third, and gave 2 to another file.
        fixture.Maildir.Drop("Subject: d\n\n", name: "d");
        Write(fixture, server, inbox.Current.UidValidity.Value, 3, (1, "a"), (2, "d"));
        await inbox.RefreshAsync(default);
        Assert.Equal(Ours(inbox), Theirs(fixture, server));
        Assert.Equal(["a", "b", "c", "d"], Ours(inbox).Select(line => line.Split(':')[1]).Order(StringComparer.Ordinal));
        var uids = Ours(inbox).ToDictionary(line => line.Split(':')[1], line => uint.Parse(line.Split(':')[0], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        Assert.True(uids["b"] != 2 && uids["d"] > 3); // clients of theirs know 2 as d, ours as b: it is neither now
        await inbox.DisposeAsync();
    }

    [Theory]
    [InlineData(OtherServer.Courier, 1)]
    [InlineData(OtherServer.Courier, -1)]
    [InlineData(OtherServer.Dovecot, 1)]
    [InlineData(OtherServer.Dovecot, -1)]
    public async Task Of_two_UIDVALIDITYs_the_higher_counts(OtherServer server, int difference)
    {
        await using var fixture = new StoreFixture();
        var inbox = await ThreeAsync(fixture, server);
        var ours = inbox.Current.UidValidity.Value;
        await inbox.DisposeAsync();
        await fixture.RestartAsync();
        Write(fixture, server, (uint)(ours + difference), 9, (6, "a"), (7, "c"), (8, "b"));
        inbox = await fixture.InboxAsync(fixture.OpenAccount(new MailStoreSettings { ShareWith = server }));
        Assert.Equal(Math.Max(ours, (uint)(ours + difference)), inbox.Current.UidValidity.Value);
        Assert.Equal(difference > 0 ? ["6:a", "7:c", "8:b"] : ["1:a", "2:b", "3:c"], Ours(inbox));
        Assert.Equal(Ours(inbox), Theirs(fixture, server));
        Assert.Equal(inbox.Current.UidValidity.Value, UidList.Read(Folder(fixture), server)!.UidValidity);
        await inbox.DisposeAsync();
    }

    [Fact]
    public async Task Dovecots_own_fields_survive()
    {
        await using var fixture = new StoreFixture();
        var inbox = await ThreeAsync(fixture, OtherServer.Dovecot);
        var validity = inbox.Current.UidValidity.Value;
        var path = UidList.FileOf(Folder(fixture), OtherServer.Dovecot);
        await File.WriteAllTextAsync(path, $"3 V{validity} N9 Gabcdef0123456789abcdef0123456789 X1\n1 W33 S30 :a\n7 PUID4-77 :b\n");
        await inbox.RefreshAsync(default);
        var text = await File.ReadAllTextAsync(path);
        Assert.Contains(" Gabcdef0123456789abcdef0123456789 X1\n1 W33 S30 :a\n7 PUID4-77 :b\n", text, StringComparison.Ordinal);
        await inbox.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task We_wait_while_they_hold_their_lock(OtherServer server)
    {
        await using var fixture = new StoreFixture();
        var account = fixture.OpenAccount(new MailStoreSettings { ShareWith = server });
        await using var inbox = await fixture.InboxAsync(account);
        var held = DotLock.TryTake(LockOf(fixture, server), TimeSpan.Zero)!;
        fixture.Maildir.Drop("Subject: a\n\n");
        var refresh = Task.Run(async () => await inbox.RefreshAsync(default));
        await Task.Delay(200);
        Assert.False(refresh.IsCompleted);
        held.Dispose();
        Assert.Equal(1, (await refresh.WaitAsync(TimeSpan.FromSeconds(10))).Count);
    }

    [Fact]
    public void A_lock_whose_process_is_gone_is_taken_over_and_one_of_a_living_one_is_not()
    {
        using var directory = new TempMaildir();
        Directory.CreateDirectory(directory.Path);
        var path = directory.Path + "/lock";
        var host = File.ReadAllText("/proc/sys/kernel/hostname").Trim();
        File.WriteAllText(path, $"4194304:{host}"); // above pid_max
        DotLock.TryTake(path, TimeSpan.Zero)!.Dispose();
        File.WriteAllText(path, $"{Environment.ProcessId}:{host}");
        Assert.Null(DotLock.TryTake(path, TimeSpan.Zero));
        File.WriteAllText(path, "1:another.host.example");
        Assert.Null(DotLock.TryTake(path, TimeSpan.Zero));
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-3));
        DotLock.TryTake(path, TimeSpan.Zero)!.Dispose();
        Assert.Empty(Directory.GetFiles(directory.Path));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task The_mark_of_an_account_counts_before_the_setting(OtherServer server)
    {
        await using var fixture = new StoreFixture();
        var account = fixture.OpenAccount(new MailStoreSettings { ShareWith = server });
        ShareMark.Write(Folder(fixture), OtherServer.None);
        await using var inbox = await fixture.InboxAsync(account);
        fixture.Maildir.Drop("Subject: a\n\n");
        await inbox.RefreshAsync(default);
        Assert.False(File.Exists(UidList.FileOf(Folder(fixture), server)));
        ShareMark.Write(Folder(fixture), server);
        fixture.Maildir.Drop("Subject: b\n\n");
        await inbox.RefreshAsync(default);
        Assert.Equal(Ours(inbox), Theirs(fixture, server));
    }

    /// <summary>Both servers at work, and ours killed now and then between the two lists: whatever a client was told, a UID is one file.</summary>
    [Theory]
    [InlineData(OtherServer.Courier, 1)]
    [InlineData(OtherServer.Courier, 2)]
    [InlineData(OtherServer.Dovecot, 3)]
    [InlineData(OtherServer.Dovecot, 4)]
    public async Task No_UID_ever_names_two_files(OtherServer server, int seed)
    {
        var random = new Random(seed);
        await using var fixture = new StoreFixture();
        var settings = new MailStoreSettings { ShareWith = server };
        var account = fixture.OpenAccount(settings);
        var peer = new Peer(fixture, server);
        var inbox = await fixture.InboxAsync(account);
        var names = new Dictionary<(uint, uint), string>();
        for (var step = 0; step < 300; step++)
        {
            switch (random.Next(9))
            {
                case 0 or 1:
                    fixture.Maildir.Drop($"Subject: {step}\n\n", inCur: random.Next(2) == 0);
                    break;
                case 2:
                    using (var message = StoreFixture.Message($"Subject: {step}\r\n\r\nx\r\n").Message)
                        await account.AppendAsync(Courier.Mailboxes.Names.MailboxName.Inbox, [new AppendMessage(message, MessageFlags.None, [], null)], default);
                    break;
                case 3 when inbox.Current.Count > 0:
                    await inbox.RemoveAsync([inbox.Current.UidAt(random.Next(inbox.Current.Count))], default);
                    break;
                case 4 or 5:
                    peer.Serve(reverse: random.Next(2) == 0);
                    break;
                case 6:
                    KilledBetweenTheLists(fixture, server);
                    break;
                case 7:
                    await inbox.DisposeAsync();
                    await fixture.RestartAsync();
                    account = fixture.OpenAccount(settings);
                    inbox = await fixture.InboxAsync(account);
                    break;
                default:
                    await inbox.RefreshAsync(default);
                    break;
            }

            foreach (var line in Ours(inbox).Concat(peer.Shown))
            {
                var (uid, name) = (uint.Parse(line.Split(':')[0], CultureInfo.InvariantCulture), line.Split(':')[1]);
                var key = (inbox.Current.UidValidity.Value, uid);
                Assert.True(!names.TryGetValue(key, out var before) || before == name, $"step {step}: UID {uid} was {before} and is {name}");
                names[key] = name;
            }
        }

        for (var round = 0; round < 3; round++)
        {
            await inbox.RefreshAsync(default);
            peer.Serve(reverse: false);
        }

        Assert.Equal(Ours(inbox), Theirs(fixture, server));
        Assert.Equal(fixture.Maildir.Names("cur").Length + fixture.Maildir.Names("new").Length, inbox.Current.Count);
        await inbox.DisposeAsync();
    }

    /// <summary>What a process of ours leaves that was killed after it wrote our list and before it wrote theirs.</summary>
    private static void KilledBetweenTheLists(StoreFixture fixture, OtherServer server)
    {
        var folder = Folder(fixture);
        var name = fixture.Maildir.Drop("Subject: killed\n\n", inCur: true).Split(':')[0];
        using var only = OfdLock.Take(folder.UidsLock);
        var uids = new UidFile(folder, Boot.Id);
        Assert.True(uids.Read((_, _) => { }));
        var theirs = UidList.Read(folder, server)!;
        var next = uids.UidNext;
        uids.Raise(theirs.UidNext);
        uids.Add([.. theirs.Lines.Where(line => line.Key >= next).Select(line => (line.Key, line.Value.Name)), (uids.Give(1), name)]);
    }

    private static async Task<Mailbox> ThreeAsync(StoreFixture fixture, OtherServer server)
    {
        var account = fixture.OpenAccount(new MailStoreSettings { ShareWith = server });
        foreach (var name in (string[])["a", "b", "c"])
            fixture.Maildir.Drop($"Subject: {name}\n\n", name: name, inCur: true);
        var inbox = await fixture.InboxAsync(account);
        Assert.Equal(["1:a", "2:b", "3:c"], Ours(inbox));
        Assert.Equal(Ours(inbox), Theirs(fixture, server));
        return inbox;
    }

    private static void Write(StoreFixture fixture, OtherServer server, uint uidValidity, uint uidNext, params (uint Uid, string Name)[] files)
    {
        var lines = files.Select(file => server == OtherServer.Courier ? $"{file.Uid} {file.Name}\n" : $"{file.Uid} :{file.Name}\n");
        var head = server == OtherServer.Courier ? $"1 {uidValidity} {uidNext}\n" : $"3 V{uidValidity} N{uidNext} Gabcdef0123456789abcdef0123456789\n";
        File.WriteAllText(UidList.FileOf(Folder(fixture), server), head + string.Concat(lines));
    }

    private static MaildirFolder Folder(StoreFixture fixture) => new(fixture.Maildir.Path);

    private static string LockOf(StoreFixture fixture, OtherServer server) =>
        server == OtherServer.Courier ? fixture.Maildir.Path + "/tmp/courier.lock" : fixture.Maildir.Path + "/dovecot-uidlist.lock";

    private static List<string> Ours(Mailbox mailbox) =>
        [.. Enumerable.Range(0, mailbox.Current.Count).Select(i => $"{mailbox.Current.UidAt(i)}:{Encoding.Latin1.GetString(((Courier.Mailboxes.Index.Snapshot)mailbox.Current).NameAt(i))}")];

    private static List<string> Theirs(StoreFixture fixture, OtherServer server)
    {
        var living = Peer.Files(fixture);
        return [.. UidList.Read(Folder(fixture), server)!.Lines.Where(line => living.Contains(line.Value.Name)).Select(line => $"{line.Key}:{line.Value.Name}")];
    }

    /// <summary>What the other server does with its list when somebody opens the mailbox there.</summary>
    private sealed class Peer(StoreFixture fixture, OtherServer server)
    {
        /// <summary>What its clients were shown last.</summary>
        internal IReadOnlyList<string> Shown { get; private set; } = [];

        internal static HashSet<string> Files(StoreFixture fixture) =>
            [.. fixture.Maildir.Names("cur").Concat(fixture.Maildir.Names("new")).Select(name => name.Split(':')[0])];

        internal void Serve(bool reverse)
        {
            using var only = DotLock.TryTake(LockOf(fixture, server), TimeSpan.FromSeconds(5));
            var files = Files(fixture);
            var path = UidList.FileOf(Folder(fixture), server);
            var list = UidList.Read(Folder(fixture), server);
            if (list is null)
                return;
            var given = files.Where(name => list.UidOf(name) == 0).Order(StringComparer.Ordinal).ToList();
            if (reverse)
                given.Reverse();
            foreach (var name in given)
                list.Put(list.UidNext, name);
            list.Keep((_, name) => files.Contains(name));
            if (server == OtherServer.Dovecot && !reverse)
                File.AppendAllText(path, string.Concat(given.Select(name => $"{list.UidOf(name)} :{name}\n")));
            else
            {
                File.WriteAllBytes(path + ".new", list.Write(server));
                File.Move(path + ".new", path, overwrite: true);
            }

            Shown = [.. list.Lines.Select(line => $"{line.Key}:{line.Value.Name}")];
        }
    }
}
