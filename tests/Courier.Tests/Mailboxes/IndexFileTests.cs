using Courier.Mailboxes;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Names;

namespace Courier.Tests.Mailboxes;

public sealed class IndexFileTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    private string IndexPath => _fixture.Maildir.Path + "/courier/index";

    [Fact]
    public async Task Opening_again_brings_back_all_that_was_known()
    {
        var before = await FillAsync();
        Assert.True(File.Exists(IndexPath));
        // Forms come from the file, not from the message.
        foreach (var name in _fixture.Maildir.Names("cur"))
            File.WriteAllText($"{_fixture.Maildir.Path}/cur/{name}", "");
        await using var inbox = await _fixture.InboxAsync(_fixture.OpenAccount());
        Assert.Equal(before, StoreFixture.Describe(inbox.Current));
        Assert.Equal(16, inbox.Current[0].Size);
        Assert.Contains("\"one\"", System.Text.Encoding.ASCII.GetString((await inbox.FormsAsync(new Uid(1), FormsWanted.OfWhole, default))!.Value.Envelope.Span), StringComparison.Ordinal);
        Assert.Equal("Work \u00e9t\u00e9", string.Join(' ', inbox.Current.Keywords));
    }

    [Theory]
    [InlineData("index")]
    [InlineData("forms")]
    [InlineData("index forms")]
    public async Task The_caches_may_be_deleted_at_any_time(string files)
    {
        var before = await FillAsync();
        foreach (var file in files.Split(' '))
            File.Delete(_fixture.Maildir.Path + "/courier/" + file);
        await using var inbox = await _fixture.InboxAsync(_fixture.OpenAccount());
        Assert.Equal(before.Replace("*", "", StringComparison.Ordinal), StoreFixture.Describe(inbox.Current).Replace("*", "", StringComparison.Ordinal));
        Assert.NotNull(await inbox.FormsAsync(new Uid(1), FormsWanted.OfWhole, default));
    }

    [Fact]
    public async Task After_a_power_cut_UIDs_of_messages_that_are_there_stay_and_new_ones_are_beyond_the_reservation()
    {
        var before = await FillAsync();
        await using var inbox = await _fixture.InboxAsync(_fixture.OpenAccount(new MailStoreSettings { BootId = "another" }));
        Assert.Equal(before, StoreFixture.Describe(inbox.Current));
        _fixture.Maildir.Drop("new");
        var after = await inbox.RefreshAsync(default);
        Assert.True(after.UidAt(after.Count - 1).Value > 1000);
    }

    [Fact]
    public async Task A_lost_list_of_UIDs_is_a_new_UIDVALIDITY()
    {
        await FillAsync();
        uint old;
        await using (var before = await _fixture.InboxAsync(_fixture.OpenAccount()))
            old = before.Current.UidValidity.Value;
        await _fixture.RestartAsync();
        File.Delete(_fixture.Maildir.Path + "/courier/uids");
        await using var inbox = await _fixture.InboxAsync(_fixture.OpenAccount());
        Assert.True(inbox.Current.UidValidity.Value > old);
        Assert.Equal(3, inbox.Current.Count);
    }

    [Fact]
    public async Task An_index_that_is_cut_off_or_changed_anywhere_is_not_believed()
    {
        await FillAsync();
        var whole = File.ReadAllBytes(IndexPath);
        Assert.NotNull(Parse(whole));
        for (var length = 0; length < whole.Length; length++)
            Assert.Null(Parse(whole.AsSpan(0, length)));
        for (var at = 0; at < whole.Length; at++)
        {
            whole[at] ^= 0x40;
            Assert.Null(Parse(whole));
            whole[at] ^= 0x40;
        }
    }

    [Fact]
    public async Task Changes_made_while_the_server_was_down_are_found_on_opening()
    {
        await FillAsync();
        var name = _fixture.Maildir.Names("cur").Single(file => file.EndsWith(":2,F", StringComparison.Ordinal));
        File.Move($"{_fixture.Maildir.Path}/cur/{name}", $"{_fixture.Maildir.Path}/cur/{name}S");
        _fixture.Maildir.Drop("four");
        await using var inbox = await _fixture.InboxAsync(_fixture.OpenAccount());
        Assert.Equal("1:+Work 2:FS+\u00e9t\u00e9 3*: 4*:", StoreFixture.Describe(inbox.Current));
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private static IndexImage? Parse(ReadOnlySpan<byte> file) =>
        IndexFile.Read(new MemoryStream(file.ToArray()), new Tables(new TailTable(), new KeywordTable(), null!), "boot");

    private async Task<string> FillAsync()
    {
        _fixture.Maildir.Drop("Subject: one\n\n", flags: "", inCur: true);
        _fixture.Maildir.Drop("Subject: two\n\n", flags: "F", inCur: true);
        string description;
        await using (var inbox = await _fixture.InboxAsync())
        {
            await _fixture.Account.AppendAsync(MailboxName.Inbox, [StoreFixture.Message("three")], default);
            await inbox.StoreAsync([new Uid(1)], StoreFixture.Add(MessageFlags.None, "Work"), default);
            await inbox.StoreAsync([new Uid(2)], StoreFixture.Add(MessageFlags.None, "\u00e9t\u00e9"), default);
            for (uint uid = 1; uid <= 3; uid++)
                await inbox.FormsAsync(new Uid(uid), FormsWanted.OfWhole, default);
            description = StoreFixture.Describe(inbox.Current);
        }

        await _fixture.RestartAsync();
        return description;
    }
}
