using Courier.IO.Files;
using Courier.Mailboxes.Maildir;

namespace Courier.Tests.Mailboxes;

public sealed class UidFileTests : IDisposable
{
    private readonly TempMaildir _maildir = new();
    private readonly MaildirFolder _folder;

    public UidFileTests()
    {
        _folder = new MaildirFolder(_maildir.Path);
        _folder.Make(isMain: true);
    }

    [Fact]
    public void Additions_of_another_process_are_read_before_ours_are_made()
    {
        var one = Open("boot");
        one.Create(77, 1, []);
        var two = Open("boot");
        Assert.True(two.Read((_, _) => Assert.Fail("empty")));
        one.Add([(one.Give(1), "a")]);
        var seen = new List<(uint, string)>();
        Assert.True(two.Read((uid, name) => seen.Add((uid, name))));
        Assert.Equal([(1u, "a")], seen);
        two.Add([(two.Give(1), "with \\ and \n")]);
        Assert.True(one.Read((uid, name) => seen.Add((uid, name))));
        Assert.Equal((2u, "with \\ and \n"), seen[^1]);
        Assert.Equal((3u, 3u), (one.UidNext, two.UidNext));
    }

    [Fact]
    public void In_the_same_boot_no_UID_is_skipped_and_after_another_all_of_the_reservation_is()
    {
        var file = Open("monday");
        file.Create(77, 1, []);
        file.Add([(file.Give(1), "a")]);
        var again = Open("monday");
        again.Read((_, _) => { });
        Assert.Equal(2u, again.UidNext);
        var later = Open("tuesday");
        later.Read((_, _) => { });
        Assert.Equal(1 + UidFile.Block, later.UidNext);
        Assert.Equal(1 + UidFile.Block, later.Give(1));
        var evenLater = Open("tuesday");
        evenLater.Read((_, _) => { });
        Assert.Equal(2 + UidFile.Block + UidFile.Block, evenLater.Reserved);
    }

    [Fact]
    public void A_reservation_is_in_the_file_before_its_first_UID_is_given()
    {
        var file = Open("boot");
        file.Create(77, 1, []);
        file.Give((int)UidFile.Block - 1);
        var length = new FileInfo(_folder.Uids).Length;
        file.Give(5);
        Assert.True(new FileInfo(_folder.Uids).Length > length);
        var after = Open("other boot");
        after.Read((_, _) => { });
        Assert.True(after.UidNext >= UidFile.Block + 5);
    }

    [Fact]
    public void Cut_off_at_any_byte_by_a_power_cut_no_UID_is_given_to_a_second_file()
    {
        var file = Open("monday");
        file.Create(77, 1, []);
        var given = new Dictionary<uint, string>();
        for (var i = 0; i < 12; i++)
        {
            var uid = file.Give(1);
            given.Add(uid, "message" + i);
            file.Add([(uid, "message" + i)]);
        }

        var whole = File.ReadAllBytes(_folder.Uids);
        var usable = 0;
        for (var length = 0; length <= whole.Length; length++)
        {
            RawFile.Write(_folder.Uids, whole.AsSpan(0, length));
            var after = Open("tuesday");
            var read = new Dictionary<uint, string>();
            if (!after.Read((uid, name) => read.Add(uid, name)))
                continue;
            usable++;
            Assert.All(read, pair => Assert.Equal(given[pair.Key], pair.Value));
            var next = after.Give(1);
            Assert.DoesNotContain(next, given.Keys);
            after.Add([(next, "newcomer")]);
            var reread = Open("tuesday");
            Assert.True(reread.Read((uid, name) => Assert.Equal(uid == next ? "newcomer" : given[uid], name)));
            Assert.True(reread.UidNext > next);
        }

        Assert.True(usable > whole.Length / 2);
    }

    [Fact]
    public void A_file_that_was_begun_without_a_sync_reserves_nothing_until_somebody_is_told_of_it()
    {
        var file = Open("monday");
        file.Begin(77, mayWait: false);
        Assert.True(file.IsUnsettled);
        // Killed here: nobody has been told of any UID.
        var after = Open("monday");
        Assert.True(after.Read((_, _) => Assert.Fail("empty")));
        Assert.Equal((77u, 1u, true), (after.UidValidity, after.UidNext, after.IsUnsettled));
        // After a power cut nobody knows what else stood there.
        Assert.False(Open("tuesday").Read((_, _) => Assert.Fail("empty")));
        file.Settle();
        Assert.False(file.IsUnsettled);
        var later = Open("tuesday");
        Assert.True(later.Read((_, _) => Assert.Fail("empty")));
        Assert.Equal((1 + UidFile.Block, false), (later.UidNext, later.IsUnsettled));
    }

    [Fact]
    public void The_first_UIDs_of_a_file_that_was_begun_without_a_sync_are_reserved_with_it()
    {
        var file = Open("monday");
        file.Begin(77, mayWait: false);
        file.Add([(file.Give(1), "a")]);
        var whole = File.ReadAllBytes(_folder.Uids);
        var synced = whole.AsSpan().IndexOf("U 1 a"u8);
        for (var length = synced; length <= whole.Length; length++)
        {
            RawFile.Write(_folder.Uids, whole.AsSpan(0, length));
            var after = Open("tuesday");
            Assert.True(after.Read((_, _) => { }));
            Assert.Equal(2 + UidFile.Block, after.Give(1));
        }
    }

    [Fact]
    public void What_a_power_cut_leaves_of_a_file_that_nobody_has_synced_gives_no_UID_again()
    {
        var file = Open("monday");
        file.Begin(77, mayWait: true);
        Assert.False(file.TakeUnsynced());
        file.Add([(file.Give(1), "a"), (file.Give(1), "b")]);
        Assert.True(file.TakeUnsynced());
        Assert.False(file.TakeUnsynced());
        var whole = File.ReadAllBytes(_folder.Uids);
        var usable = 0;
        for (var length = 0; length <= whole.Length; length++)
        {
            RawFile.Write(_folder.Uids, whole.AsSpan(0, length));
            var after = Open("tuesday");
            // One that cannot be used is one that is not there: the mailbox gets another UIDVALIDITY.
            if (!after.Read((_, _) => { }))
                continue;
            usable++;
            Assert.True(after.Give(1) > 2);
        }

        Assert.True(usable > 0);
    }

    [Fact]
    public void A_file_that_did_not_get_to_the_disk_is_made_anew()
    {
        var file = Open("monday");
        file.Begin(77, mayWait: true);
        file.Add([(file.Give(1), "a")]);
        Assert.False(file.IsWorthCompacting(1));
        file.Doubt(file.Generation + 1);
        Assert.False(file.IsWorthCompacting(1));
        file.Doubt(file.Generation);
        Assert.True(file.IsWorthCompacting(1));
    }

    [Fact]
    public void Many_lines_of_names_with_line_feeds_and_backslashes_are_read_as_they_were_written()
    {
        var file = Open("boot");
        file.Begin(77, mayWait: false);
        byte[][] names = [.. Enumerable.Range(0, 5000).Select(i => System.Text.Encoding.Latin1.GetBytes($"{i}\\{(char)200}\n\n.\\\\{new string('x', i % 100)}"))];
        var first = file.Give(names.Length);
        file.Add(names.Length, (int i, out uint uid) =>
        {
            uid = first + (uint)i;
            return names[i];
        });
        var read = new List<(uint Uid, string Name)>();
        Assert.True(Open("boot").Read((uid, name) => read.Add((uid, name))));
        Assert.Equal(names.Select((name, i) => (first + (uint)i, System.Text.Encoding.Latin1.GetString(name))), read);
    }

    [Fact]
    public void A_damaged_line_costs_its_message_the_UID_and_no_other()
    {
        var file = Open("boot");
        file.Create(77, 1, []);
        file.Add([(file.Give(1), "a"), (file.Give(1), "b"), (file.Give(1), "c")]);
        var bytes = File.ReadAllBytes(_folder.Uids);
        bytes[bytes.AsSpan().IndexOf("U 2 b"u8) + 4] ^= 1;
        RawFile.Write(_folder.Uids, bytes);
        var read = new List<uint>();
        var again = Open("boot");
        Assert.True(again.Read((uid, _) => read.Add(uid)));
        Assert.Equal([1u, 3u], read);
        Assert.Equal(1 + UidFile.Block, again.UidNext);
    }

    public void Dispose() => _maildir.Dispose();

    private UidFile Open(string boot) => new(_folder, boot);
}
