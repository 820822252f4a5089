using System.Net;
using Courier.Mail.Addresses;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.Routing;
using Courier.Net;
using Courier.Queue;
using Courier.Tests.Mta.Local;
using Courier.Tests.Queue;

namespace Courier.Tests.Mta.Routing;

public sealed class RouterTests
{
    private static readonly NextHop Smarthost = new("smart.example", 25);
    private static readonly NextHop Sink = new("2001:db8::1", 2925);
    private readonly FakeAgent _local = new(OutcomeKind.Delivered);
    private readonly List<NextHop> _asked = [];

    private Router Router(RelaySettings relay, IOException? failure = null)
    {
        var accounts = new FakeAccounts(Path.GetTempPath()) { Failure = failure };
        accounts.Add("grace");
        return new Router(accounts, relay, _local, hop =>
        {
            _asked.Add(hop);
            return new Route(new FakeAgent(OutcomeKind.Relayed), hop.Destination);
        });
    }

    private static async Task<Route> RouteAsync(Router router, string address) => await router.RouteAsync(MailAddress.Parse(address), new MessageOrigin("192.0.2.1", null), CancellationToken.None);

    [Theory]
    [InlineData("grace@example.com", "local")]
    [InlineData("GRACE@Example.COM", "local")]
    [InlineData("x@elsewhere.test", "relay:smart.example:25")]
    [InlineData("x@sink.test", "relay:[2001:db8::1]:2925")]
    [InlineData("x@sub.sink.test", "relay:smart.example:25")]
    public async Task An_address_leads_where_its_domain_says(string address, string destination)
    {
        var relay = new RelaySettings { NextHop = Smarthost, Routes = new Dictionary<string, NextHop> { ["sink.test"] = Sink } };
        var route = await RouteAsync(Router(relay), address);
        Assert.Equal((destination, (RecipientOutcome?)null), (route.Destination, route.Refusal));
        Assert.Equal(destination == "local", ReferenceEquals(route.Agent, _local));
    }

    [Fact]
    public async Task An_unknown_local_user_is_refused_for_good()
    {
        var route = await RouteAsync(Router(new RelaySettings { NextHop = Smarthost }), "nobody@example.com");
        Assert.Equal((OutcomeKind.Failed, "5.1.1"), (route.Refusal!.Kind, route.Refusal.Status));
    }

    [Fact]
    public async Task When_told_to_mail_is_held()
    {
        var held = await RouteAsync(Router(new RelaySettings { Hold = true, NextHop = Smarthost, Routes = new Dictionary<string, NextHop> { ["sink.test"] = Sink } }), "x@sink.test");
        Assert.Equal((null, null, "held: relay.hold is on"), (held.Agent, held.Refusal, held.Destination));
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("x@elsewhere.test", "mx:elsewhere.test")]
    [InlineData("x@[192.0.2.1]", "relay:192.0.2.1:25")]
    [InlineData("x@[IPv6:2001:db8::1]", "relay:[2001:db8::1]:25")]
    [InlineData("x@a.b.below.test", "relay:smart.example:25")]
    [InlineData("x@below.test", "mx:below.test")]
    [InlineData("x@own.test", "mx:own.test:2525 required ipv4only")]
    [InlineData("x@table.test", "relay:table.example:25")]
    public async Task Without_a_next_hop_mail_goes_to_the_mail_exchangers_or_where_a_route_says(string address, string destination)
    {
        var relay = new RelaySettings
        {
            Routes = new Dictionary<string, NextHop>
            {
                [".below.test"] = Smarthost,
                ["own.test"] = new("", 2525) { UsesMx = true, Security = HopSecurity.Required, Families = AddressFamilies.IPv4Only },
            },
            Table = domain => domain == "table.test" ? new NextHop("table.example", 25) : null,
        };
        Assert.Equal(destination, (await RouteAsync(Router(relay), address)).Destination);
        var hop = Assert.Single(_asked);
        Assert.Equal(destination.StartsWith("mx", StringComparison.Ordinal), hop.UsesMx);
        Assert.Equal(address.EndsWith("@table.test", StringComparison.Ordinal) || address.EndsWith("@a.b.below.test", StringComparison.Ordinal), hop.IsConfigured);
    }

    [Fact]
    public async Task Accounts_in_trouble_are_not_an_unknown_user() =>
        await Assert.ThrowsAsync<IOException>(() => RouteAsync(Router(new RelaySettings(), new IOException("locked")), "nobody@example.com"));

    [Fact]
    public async Task Mail_of_a_virtual_host_has_a_way_of_its_own()
    {
        var identity = new SendingIdentity("198.51.100.7", "out.example.org", new SourceAddresses(IPAddress.Parse("198.51.100.7"), null));
        var router = new Router(new FakeAccounts(Path.GetTempPath()), new RelaySettings { NextHop = Smarthost }, _local,
            hop => new Route(_local, hop.Destination), origin => origin.Host is null ? null : identity);
        async Task<string> To(MessageOrigin origin) => (await router.RouteAsync(MailAddress.Parse("x@elsewhere.test"), origin, CancellationToken.None)).Destination;

        Assert.Equal("relay:smart.example:25", await To(new MessageOrigin("192.0.2.1", null)));
        Assert.Equal("relay:smart.example:25 as 198.51.100.7", await To(new MessageOrigin("192.0.2.1", IPAddress.Parse("198.51.100.7"))));
        Assert.Equal("relay:backup.example:26 as 198.51.100.7", router.RouteTo("backup.example:26", new MessageOrigin("192.0.2.1", IPAddress.Parse("198.51.100.7")))!.Destination);
    }

    [Fact]
    public void Staged_copies_stay_local_whatever_their_address() => Assert.Same(_local, Router(new RelaySettings()).StagedRoute!.Agent);
}
