using Courier.Mta.Reception;
using Courier.Mta.Reception.Rates;
using Courier.Smtp.Server;
using Microsoft.Extensions.Logging.Abstractions;
using static Courier.Tests.Mta.Reception.ReceptionBench;

namespace Courier.Tests.Mta.Reception.Rates;

public sealed class RateTests : IDisposable
{
    private readonly ReceptionBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("100/h", 100, 3600)]
    [InlineData("5/s", 5, 1)]
    [InlineData("20 / min", 20, 60)]
    [InlineData("30/10min", 30, 600)]
    [InlineData("1/2d", 1, 172_800)]
    public void A_rate_is_read(string text, int count, int seconds) => Assert.Equal(new Rate(count, TimeSpan.FromSeconds(seconds)), Rate.Parse(text));

    [Theory]
    [InlineData("100")]
    [InlineData("0/h")]
    [InlineData("-1/h")]
    [InlineData("5/")]
    [InlineData("5/0h")]
    [InlineData("5/week")]
    [InlineData("5/99999h")]
    [InlineData("5/min5")]
    public void What_is_no_rate_is_refused(string text) => Assert.Null(Rate.Parse(text));

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public void As_many_as_the_rate_says_come_at_once_and_then_evenly(int count)
    {
        var meter = new RateMeter<string>(new Rate(count, TimeSpan.FromSeconds(60)), 100, _bench.Clock);
        Assert.Equal(count, Enumerable.Range(0, 20).Count(_ => meter.TryTake("ada")));
        Assert.True(meter.TryTake("bob"));
        _bench.Clock.Advance(TimeSpan.FromSeconds(60.0 / count) - TimeSpan.FromMilliseconds(10));
        Assert.False(meter.TryTake("ada"));
        _bench.Clock.Advance(TimeSpan.FromMilliseconds(20));
        Assert.True(meter.TryTake("ada"));
        Assert.False(meter.TryTake("ada"));
        _bench.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(count, Enumerable.Range(0, 20).Count(_ => meter.TryTake("ada")));
    }

    [Fact]
    public void What_is_remembered_has_a_bound_and_the_busiest_are_not_forgotten()
    {
        var meter = new RateMeter<int>(new Rate(10, TimeSpan.FromHours(1)), 1000, _bench.Clock);
        for (var i = 0; i < 10; i++)
            meter.TryTake(-1);
        for (var peer = 0; peer < 50_000; peer++)
        {
            Assert.True(meter.TryTake(peer));
            Assert.InRange(meter.Entries, 1, 1000);
        }

        Assert.False(meter.TryTake(-1));
        _bench.Clock.Advance(TimeSpan.FromHours(2));
        for (var peer = 0; peer < 1000; peer++)
            meter.TryTake(peer);
        Assert.True(meter.TryTake(-1));
    }

    [Fact]
    public async Task An_account_has_its_messages_on_all_ports_together()
    {
        var meters = new RateMeters(_bench.Clock);
        var settings = new RateSettings { AccountMessages = new Rate(2, TimeSpan.FromHours(1)) };
        var (first, second) = (Submission(new RatePolicy(settings, meters)), Submission(new RatePolicy(settings, meters)));
        Assert.Equal("250 2.1.0", await BeginAsync(first, "192.0.2.1", "ada@example.test"));
        Assert.Equal("250 2.1.0", await BeginAsync(second, "192.0.2.2", "ada@example.test"));
        Assert.Equal("450 4.7.1", await BeginAsync(first, "192.0.2.3", "ada@example.test"));
        Assert.Equal("250 2.1.0", await BeginAsync(first, "192.0.2.3", "Bob@example.org"));
        _bench.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal("250 2.1.0", await BeginAsync(first, "192.0.2.3", "ada@example.test"));
    }

    [Fact]
    public async Task A_peer_has_its_messages_and_its_64_with_it_but_not_who_may_relay()
    {
        _bench.Settings = _bench.Settings with { Networks = [System.Net.IPNetwork.Parse("10.0.0.0/8")] };
        var relay = Relay(new RateSettings { PeerMessages = new Rate(1, TimeSpan.FromHours(1)) });
        Assert.Equal("250 2.1.0", await BeginAsync(relay, "2001:db8::1", null));
        Assert.Equal("450 4.7.1", await BeginAsync(relay, "2001:db8::2", null));
        Assert.Equal("250 2.1.0", await BeginAsync(relay, "2001:db8:0:1::1", null));
        Assert.Equal("250 2.1.0", await BeginAsync(relay, "192.0.2.1", null));
        Assert.Equal("450 4.7.1", await BeginAsync(relay, "192.0.2.1", "ada@example.test"));
        for (var i = 0; i < 5; i++)
            Assert.Equal("250 2.1.0", await BeginAsync(relay, "10.1.1.1", null));
    }

    [Fact]
    public async Task Recipients_have_rates_of_their_own_and_those_refused_do_not_count()
    {
        var relay = Relay(new RateSettings { PeerRecipients = new Rate(2, TimeSpan.FromHours(1)), AccountRecipients = new Rate(1, TimeSpan.FromHours(1)) });
        var transaction = Begin();
        foreach (var (recipient, code) in new[] { ("nobody@example.test", 550), ("ada@example.test", 250), ("bob@example.org", 250), ("nobody@example.test", 550), ("ada@example.test", 450) })
            Assert.Equal(code, await RecipientAsync(relay, transaction, recipient));
        var user = Begin(PeerAt("192.0.2.9", "ada@example.test"));
        Assert.Equal(250, await RecipientAsync(relay, user, "x@example.net"));
        Assert.Equal(450, await RecipientAsync(relay, user, "y@example.net"));
    }

    private RelayReception Relay(RateSettings rates) => new(
        _bench.Settings with { Rates = new RatePolicy(rates, new RateMeters(_bench.Clock)) }, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);

    private SubmissionReception Submission(RatePolicy rates) => new(
        _bench.Settings with { Rates = rates }, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<SubmissionReception>.Instance);

    private static async Task<string> BeginAsync(IReception reception, string peer, string? user)
    {
        var reply = await reception.BeginAsync(Begin(PeerAt(peer, user)), CancellationToken.None);
        return $"{reply.Code} {reply.Status}";
    }
}
