using System.Globalization;
using Courier.Mailboxes;

namespace Courier.Tests.Mailboxes;

/// <summary>What a large mailbox weighs that sessions have open.</summary>
[Collection(WeighedAlone.Name)]
public sealed class LargeMailboxTests : IAsyncDisposable
{
    private const int Messages = 100_000;

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

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
