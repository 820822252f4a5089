using System.Globalization;
using Courier.Mailboxes;

namespace Courier.Tests.Mailboxes;

/// <summary>What a large mailbox weighs that sessions have open, and what it takes to find it.</summary>
[Collection(WeighedAlone.Name)]
public sealed class LargeMailboxTests : IAsyncDisposable
{
    private const int Messages = 100_000;

    private const int Many = 20_000;

    private readonly StoreFixture _fixture = new();

    [Fact]
    public async Task A_hundred_thousand_messages_weigh_less_than_fifteen_megabytes_for_all_sessions()
    {
        _fixture.Maildir.Drop("Subject: first\r\n\r\n", inCur: true);
        for (var i = 0; i < Messages - 1; i++)
            await File.WriteAllBytesAsync(string.Create(CultureInfo.InvariantCulture, $"{_fixture.Maildir.Path}/cur/17{i:D8}.M{i % 1000000}P4711Q{i}.mail.example.org,S=4000,W=4100:2,S"), []);
        var account = _fixture.OpenAccount();
        await using (var other = await account.OpenAsync(StoreFixture.Name("INBOX.none"), default))
            Assert.Null(other);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var first = await _fixture.InboxAsync(account);
        await using var second = await _fixture.InboxAsync(account);
        Assert.Equal(Messages, second.Current.Count);
        Assert.Same(first.Current, second.Current);
        var weight = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(weight < 15_000_000, string.Create(CultureInfo.InvariantCulture, $"{weight} octets"));
        GC.KeepAlive(account);
    }

    [Fact]
    public async Task A_message_dropped_in_costs_few_octets_while_it_is_found_and_fewer_from_then_on()
    {
        _fixture.Maildir.Drop("Subject: first\r\n\r\n", inCur: true);
        for (var i = 0; i < Many - 1; i++)
            await File.WriteAllBytesAsync(string.Create(CultureInfo.InvariantCulture, $"{_fixture.Maildir.Path}/cur/17{i:D8}.M{i}P4711Q{i}.mail.example.org,S=4000,W=4100:2,S"), []);
        await using (var warm = await _fixture.Account.OpenAsync(StoreFixture.Name("INBOX.none"), default))
            Assert.Null(warm);
        var living = GC.GetTotalMemory(forceFullCollection: true);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await using var inbox = await _fixture.InboxAsync();
        var allocated = (GC.GetTotalAllocatedBytes(precise: true) - before) / Many;
        Assert.Equal(Many, inbox.Current.Count);
        var kept = (GC.GetTotalMemory(forceFullCollection: true) - living) / Many;
        // An entry is 48, a name 54, the file name while it is sorted 28, its place in the table of names up to 16.
        Assert.True(allocated < 260 && kept < 150, string.Create(CultureInfo.InvariantCulture, $"{allocated} octets a message, {kept} of them kept"));
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
