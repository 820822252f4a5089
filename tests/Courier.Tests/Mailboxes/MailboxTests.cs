using Courier.Mailboxes;
using Courier.Mailboxes.Names;

namespace Courier.Tests.Mailboxes;

public sealed class MailboxTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    private TempMaildir Maildir => _fixture.Maildir;

    [Fact]
    public async Task A_new_account_has_an_empty_inbox()
    {
        await using var inbox = await _fixture.InboxAsync();
        Assert.Equal(0, inbox.Current.Count);
        Assert.Equal(1u, inbox.Current.UidNext.Value);
        Assert.True(inbox.Current.UidValidity.Value > 1_000_000_000);
        Assert.Equal(-1, inbox.Current.FirstUnseen);
        Assert.Equal([MailboxName.Inbox], (await _fixture.Account.ListAsync(default)).Select(entry => entry.Name));
    }

    [Fact]
    public async Task Messages_get_UIDs_in_order_of_delivery_time_then_name()
    {
        Maildir.Drop("third", name: "1700000002.a.host");
        Maildir.Drop("second", name: "1700000001.b.host", flags: "S", inCur: true);
        Maildir.Drop("first", name: "1700000001.a.host");
        await using var inbox = await _fixture.InboxAsync();
        Assert.Equal("1*: 2:S 3*:", StoreFixture.Describe(inbox.Current));
        Assert.Equal("first", await StoreFixture.TextAsync(inbox, new Uid(1)));
        Assert.Equal((2, 0, 2), (inbox.Current.UnseenCount, inbox.Current.FirstUnseen, inbox.Current.UnclaimedCount));
    }

    [Fact]
    public async Task UIDs_and_UIDVALIDITY_stay_over_a_restart()
    {
        Maildir.Drop("one");
        Maildir.Drop("two");
        var validity = default(UidValidity);
        await using (var inbox = await _fixture.InboxAsync())
            validity = inbox.Current.UidValidity;
        await _fixture.RestartAsync();
        Maildir.Drop("zero", name: "1600000000.x.y");
        await using var again = await _fixture.InboxAsync(_fixture.OpenAccount());
        Assert.Equal(validity, again.Current.UidValidity);
        Assert.Equal("1*: 2*: 3*:", StoreFixture.Describe(again.Current));
        Assert.Equal("zero", await StoreFixture.TextAsync(again, new Uid(3)));
    }

    [Fact]
    public async Task Recent_messages_belong_to_the_session_that_claims_them()
    {
        Maildir.Drop("one");
        await using var first = await _fixture.InboxAsync();
        await using var second = await _fixture.InboxAsync();
        Assert.Equal([new Uid(1)], await first.ClaimRecentAsync(default));
        Assert.Empty(await second.ClaimRecentAsync(default));
        Assert.Empty(Maildir.Names("new"));
        Assert.EndsWith(":2,", Assert.Single(Maildir.Names("cur")), StringComparison.Ordinal);
        Assert.Equal("1:", StoreFixture.Describe(second.Current));
    }

    [Fact]
    public async Task Flags_are_letters_in_the_file_name_and_unknown_letters_stay()
    {
        Maildir.Drop("one", name: "1.a.h", flags: "PRa", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        Assert.Equal("1:R", StoreFixture.Describe(inbox.Current));
        var before = inbox.Current.HighestModSeq;
        Assert.Empty(await inbox.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.Seen | MessageFlags.Flagged), default));
        Assert.Equal(["1.a.h:2,FPRSa"], Maildir.Names("cur"));
        Assert.True(inbox.Current.HighestModSeq.Value > before.Value);
        Assert.Equal(inbox.Current.HighestModSeq, inbox.Current[0].ModSeq);
        await inbox.StoreAsync([new Uid(1)], StoreFixture.Replace(MessageFlags.Draft), default);
        Assert.Equal(["1.a.h:2,DPa"], Maildir.Names("cur"));
        await inbox.StoreAsync([new Uid(1)], StoreFixture.Remove(MessageFlags.Draft), default);
        Assert.Equal(["1.a.h:2,Pa"], Maildir.Names("cur"));
        Assert.Equal([new Uid(7)], await inbox.StoreAsync([new Uid(1), new Uid(7)], StoreFixture.Add(MessageFlags.Seen), default));
    }

    [Fact]
    public async Task A_change_of_nothing_renames_nothing_and_is_no_news()
    {
        Maildir.Drop("one", flags: "S", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        var before = inbox.Current;
        await inbox.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.Seen), default);
        Assert.Same(before, inbox.Current);
    }

    [Fact]
    public async Task What_other_programs_do_is_seen_as_the_same_message()
    {
        Maildir.Drop("one", name: "1.a.h");
        Maildir.Drop("two", name: "2.a.h");
        await using var inbox = await _fixture.InboxAsync();
        File.Move(Maildir.Path + "/new/1.a.h", Maildir.Path + "/cur/1.a.h:2,S");
        Assert.Equal("1:S 2*:", StoreFixture.Describe(await inbox.RefreshAsync(default)));
        File.Move(Maildir.Path + "/cur/1.a.h:2,S", Maildir.Path + "/cur/1.a.h:2,FS");
        Assert.Equal("1:FS 2*:", StoreFixture.Describe(await inbox.RefreshAsync(default)));
        File.Delete(Maildir.Path + "/new/2.a.h");
        Maildir.Drop("three", name: "3.a.h");
        Assert.Equal("1:FS 3*:", StoreFixture.Describe(await inbox.RefreshAsync(default)));
    }

    [Fact]
    public async Task A_flag_change_finds_a_file_that_another_program_has_just_renamed()
    {
        Maildir.Drop("one", name: "1.a.h", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        File.Move(Maildir.Path + "/cur/1.a.h:2,", Maildir.Path + "/cur/1.a.h:2,F");
        Assert.Empty(await inbox.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.Seen), default));
        Assert.Equal(["1.a.h:2,FS"], Maildir.Names("cur"));
        File.Delete(Maildir.Path + "/cur/1.a.h:2,FS");
        Assert.Equal([new Uid(1)], await inbox.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.Answered), default));
        Assert.Equal(0, inbox.Current.Count);
    }

    [Fact]
    public async Task An_appended_message_is_there_whole_with_flags_date_and_sizes()
    {
        await using var inbox = await _fixture.InboxAsync();
        var date = new DateTimeOffset(1999, 12, 31, 23, 59, 58, TimeSpan.Zero);
        var placed = await _fixture.Account.AppendAsync(MailboxName.Inbox,
            [StoreFixture.Message("a: b\r\n\r\nx\r\n", MessageFlags.Seen | MessageFlags.Draft, date, "Work"), StoreFixture.Message("second")], default);
        Assert.Equal([new Uid(1), new Uid(2)], placed!.Uids);
        Assert.Equal("1*:DS+Work 2*:", StoreFixture.Describe(inbox.Current));
        Assert.Equal((11, date), (inbox.Current[0].Size, inbox.Current[0].InternalDate));
        Assert.Equal("a: b\r\n\r\nx\r\n", await StoreFixture.TextAsync(inbox, new Uid(1)));
        var file = Maildir.Names("cur").Single(name => name.EndsWith(":2,DS", StringComparison.Ordinal));
        Assert.Contains(",S=8,W=11:2,", file, StringComparison.Ordinal);
        Assert.Equal(date.UtcDateTime, File.GetLastWriteTimeUtc($"{Maildir.Path}/cur/{file}"));
        Assert.Empty(Maildir.Names("courier/staging"));
        Assert.Equal([new Uid(1), new Uid(2)], await inbox.ClaimRecentAsync(default));
    }

    [Fact]
    public async Task Sizes_and_dates_of_strangers_files_are_found_out_when_asked_for()
    {
        var name = Maildir.Drop("a\nb\n");
        File.SetLastWriteTimeUtc($"{Maildir.Path}/new/{name}", DateTimeOffset.FromUnixTimeSeconds(1_234_567_890).UtcDateTime);
        await using var inbox = await _fixture.InboxAsync();
        Assert.Equal(6, inbox.Current[0].Size);
        Assert.Equal(1_234_567_890, inbox.Current[0].InternalDate.ToUnixTimeSeconds());
        File.Delete($"{Maildir.Path}/new/{name}");
        Assert.Equal(6, inbox.Current[0].Size);
    }

    [Fact]
    public async Task Expunged_messages_go_but_can_be_read_by_those_who_still_show_them()
    {
        Maildir.Drop("one", name: "1.a.h,S=3", flags: "T", inCur: true);
        Maildir.Drop("two", name: "2.a.h,S=3", flags: "T", inCur: true);
        Maildir.Drop("three", name: "3.a.h", inCur: true);
        File.WriteAllText(Maildir.Path + "/maildirsize", "1000S\n");
        await using var inbox = await _fixture.InboxAsync();
        Assert.Equal([new Uid(2)], await inbox.ExpungeAsync([new Uid(2), new Uid(3)], default));
        Assert.Equal([new Uid(1)], await inbox.ExpungeAsync(null, default));
        Assert.Equal("3:", StoreFixture.Describe(inbox.Current));
        Assert.Equal("two", await StoreFixture.TextAsync(inbox, new Uid(2)));
        Assert.Equal(["1.a.h,S=3", "2.a.h,S=3"], Maildir.Names("courier/expunged"));
        Assert.Equal("1000S\n-3 -1        \n-3 -1        \n", File.ReadAllText(Maildir.Path + "/maildirsize"));
        Assert.Null(await inbox.OpenMessageAsync(new Uid(99), default));
    }

    [Fact]
    public async Task Copies_are_messages_of_their_own_in_the_order_of_the_source()
    {
        var sent = StoreFixture.Name("INBOX.Sent");
        Maildir.Drop("one", name: "1.a.h,S=3", flags: "S", inCur: true);
        Maildir.Drop("two", name: "2.a.h,S=3", flags: "F", inCur: true);
        await using var inbox = await _fixture.InboxAsync();
        Assert.Null(await inbox.CopyAsync([new Uid(1)], sent, default));
        Assert.Equal(CreateOutcome.Created, await _fixture.Account.CreateAsync(sent, default));
        await inbox.StoreAsync([new Uid(2)], StoreFixture.Add(MessageFlags.None, "Work"), default);
        var copied = await inbox.CopyAsync([new Uid(2), new Uid(9), new Uid(1)], sent, default);
        Assert.Equal([new Uid(1), new Uid(2)], copied!.Sources);
        await using var target = (await _fixture.Account.OpenAsync(sent, default))!;
        Assert.Equal(target.Current.UidValidity, copied.UidValidity);
        Assert.Equal("1*:S 2*:F+Work", StoreFixture.Describe(target.Current));
        Assert.Equal("two", await StoreFixture.TextAsync(target, copied.Copies[1]));
        await inbox.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.Deleted), default);
        await inbox.ExpungeAsync(null, default);
        Assert.Equal("one", await StoreFixture.TextAsync(target, copied.Copies[0]));
        Assert.Equal([new Uid(3)], (await inbox.CopyAsync([new Uid(2)], MailboxName.Inbox, default))!.Copies);
    }

    [Fact]
    public async Task Forms_are_made_once_and_are_ready_for_the_wire()
    {
        Maildir.Drop("From: a@b\nSubject: x\n\nbody\n");
        await using var inbox = await _fixture.InboxAsync();
        var forms = await inbox.FormsAsync(new Uid(1), FormsWanted.OfWhole, default);
        Assert.StartsWith("(NIL \"x\" ((NIL NIL \"a\" \"b\"))", System.Text.Encoding.ASCII.GetString(forms!.Value.Envelope.Span), StringComparison.Ordinal);
        Assert.StartsWith("(\"TEXT\" \"PLAIN\"", System.Text.Encoding.ASCII.GetString(forms.Value.BodyStructure.Span), StringComparison.OrdinalIgnoreCase);
        var pending = inbox.FormsAsync(new Uid(1), FormsWanted.OfWhole, default);
        Assert.True(pending.IsCompletedSuccessfully);
        var again = await pending;
        Assert.True(again!.Value.Body.Span.SequenceEqual(forms.Value.Body.Span));
        Assert.Null(await inbox.FormsAsync(new Uid(5), FormsWanted.OfWhole, default));
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
