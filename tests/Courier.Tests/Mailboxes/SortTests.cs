using Courier.Mailboxes;
using Courier.Mailboxes.Index;
using Courier.Mailboxes.Sorting;
using Courier.Tests.Mailboxes.FullText;

namespace Courier.Tests.Mailboxes;

public sealed class SortTests : IAsyncDisposable
{
    /// <summary>More than one processor takes at a time.</summary>
    private const int Messages = 1200;

    private readonly StoreFixture _fixture = new();

    [Fact]
    public async Task By_arrival_many_messages_are_put_in_order_without_their_content()
    {
        for (var i = 0; i < Messages; i++)
        {
            var name = _fixture.Maildir.Drop($"Subject: {i}\n\n", inCur: true);
            File.SetLastWriteTimeUtc($"{_fixture.Maildir.Path}/cur/{name}", DateTime.UnixEpoch.AddSeconds(1_000_000 - i));
        }

        await using var inbox = await _fixture.InboxAsync();
        var all = Enumerable.Range(0, Messages).ToList();
        var sorted = await MessageSort.RunAsync(new PlainScope(inbox, usesIndex: true), inbox, all, [new(SortBy.Arrival, false)], null, default);
        Assert.Equal(Enumerable.Reverse(all), sorted);
        var snapshot = (Snapshot)inbox.Current;
        Assert.All(all, position => Assert.Equal(Entry.UnknownSize, snapshot.EntryAt(position).Size));
        var bySize = await MessageSort.RunAsync(new PlainScope(inbox, usesIndex: true), inbox, all, [new(SortBy.Size, true)], null, default);
        // Four digits, three, two and one.
        Assert.Equal([.. all[1000..], .. all[100..1000], .. all[10..100], .. all[..10]], bySize);
        Assert.All(all, position => Assert.NotEqual(Entry.UnknownSize, snapshot.EntryAt(position).Size));
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();
}
