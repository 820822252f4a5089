using System.Net;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.Routing;
using Courier.Tests.Mta.Remote;

namespace Courier.Tests.Mta.Routing;

public sealed class HostLookupTests
{
    private static async Task<string> HostsAsync(NextHop hop, HostLookupSettings? settings = null, params string[] records)
    {
        var list = await SendingParts.Lookup(new FakeResolver(records), settings).HostsAsync(hop, default);
        return list.Failure is { } failure ? $"{(failure.IsPermanent ? "never" : "later")} {failure.Status}" : string.Join(' ', list.Hosts.Select(host => host.Name));
    }

    [Theory]
    [InlineData("example.test", "mx1.test mx2.test", "example.test MX 20 mx2.test|example.test MX 10 mx1.test")]
    [InlineData("example.test", "mx.test", "example.test MX 10 mx.test|example.test MX 20 mx.test")]
    [InlineData("example.test", "example.test", "example.test A 192.0.2.1")]
    [InlineData("example.test", "never 5.1.2", "other.test A 192.0.2.1")]
    [InlineData("example.test", "never 5.1.10", "example.test MX 0 .")]
    [InlineData("example.test", "mx.test", "example.test MX 0 .|example.test MX 10 mx.test")]
    [InlineData("example.test", "never 5.4.4", "example.test MX 10 192.0.2.1")]
    [InlineData("example.test", "mx.test", "example.test MX 10 192.0.2.1|example.test MX 10 mx.test")]
    [InlineData("alias.test", "mx.test", "alias.test CNAME example.test|example.test MX 10 mx.test")]
    [InlineData("bücher.test", "mx.test", "bücher.test MX 10 mx.test")]
    public async Task The_records_of_a_domain_say_who_takes_its_mail(string domain, string expected, string records) =>
        Assert.Equal(expected, await HostsAsync(NextHop.OfDomain(domain), null, records.Split('|')));

    [Theory]
    [InlineData("example.test", "better.test", "example.test MX 5 better.test|example.test MX 10 US.test|example.test MX 10 peer.test|example.test MX 20 worse.test")]
    [InlineData("example.test", "never 5.4.6", "example.test MX 10 us.test|example.test MX 20 worse.test")]
    [InlineData("us.test", "never 5.4.6", "us.test A 192.0.2.1")]
    public async Task Our_own_record_takes_out_its_preference_and_all_worse_ones(string domain, string expected, string records) =>
        Assert.Equal(expected, await HostsAsync(NextHop.OfDomain(domain), new HostLookupSettings { OwnNames = new HashSet<string>(["us.test"], StringComparer.OrdinalIgnoreCase) }, records.Split('|')));

    [Fact]
    public async Task A_hop_the_operator_chose_is_itself_and_may_lead_to_us()
    {
        var settings = new HostLookupSettings { OwnNames = new HashSet<string>(["us.test"]) };
        Assert.Equal("us.test", await HostsAsync(new NextHop("us.test", 25), settings));
        Assert.Equal("us.test", await HostsAsync(new NextHop("example.test", 25) { UsesMx = true }, settings, "example.test MX 10 us.test"));
    }

    [Fact]
    public async Task A_name_service_that_fails_means_later()
    {
        var resolver = new FakeResolver { Failing = { "example.test" } };
        var list = await SendingParts.Lookup(resolver).HostsAsync(NextHop.OfDomain("example.test"), default);
        Assert.Equal((false, "4.4.3"), (list.Failure!.IsPermanent, list.Failure.Status));
    }

    [Fact]
    public async Task Hosts_of_one_preference_are_shuffled_and_bounded()
    {
        string[] records = [.. Enumerable.Range(0, 40).Select(n => $"example.test MX 10 mx{n}.test")];
        var orders = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 10; i++)
        {
            var hosts = await HostsAsync(NextHop.OfDomain("example.test"), null, records);
            Assert.Equal(16, hosts.Split(' ').Length);
            orders.Add(hosts);
        }

        Assert.True(orders.Count > 5);
    }

    [Theory]
    [InlineData(AddressPreference.IPv6First, AddressFamilies.Both, "2001:db8::1 2001:db8::2 192.0.2.1")]
    [InlineData(AddressPreference.IPv4First, AddressFamilies.Both, "192.0.2.1 2001:db8::1 2001:db8::2")]
    [InlineData(AddressPreference.IPv4First, AddressFamilies.IPv6Only, "2001:db8::1 2001:db8::2")]
    [InlineData(AddressPreference.IPv6First, AddressFamilies.IPv4Only, "192.0.2.1")]
    public async Task Addresses_come_in_the_order_that_was_asked_for(AddressPreference preference, AddressFamilies families, string expected)
    {
        var resolver = new FakeResolver("mx.test A 192.0.2.1", "mx.test AAAA 2001:db8::1", "mx.test AAAA 2001:db8::2");
        var found = await SendingParts.Lookup(resolver, new HostLookupSettings { Preference = preference })
            .AddressesAsync(new MailHost("mx.test", 25, 0), NextHop.OfDomain("example.test") with { Families = families }, default);
        Assert.Equal(expected, string.Join(' ', found.Addresses));
        Assert.Equal(families == AddressFamilies.Both ? 2 : 1, resolver.Asked.Count);
    }

    [Fact]
    public async Task Balanced_means_both_families_have_their_turn_first()
    {
        var lookup = SendingParts.Lookup(new FakeResolver("mx.test A 192.0.2.1", "mx.test AAAA 2001:db8::1"), new HostLookupSettings { Preference = AddressPreference.Balanced });
        var first = new HashSet<IPAddress>();
        for (var i = 0; i < 64; i++)
            first.Add((await lookup.AddressesAsync(new MailHost("mx.test", 25, 0), NextHop.OfDomain("example.test"), default)).Addresses[0]);
        Assert.Equal(2, first.Count);
    }

    [Theory]
    [InlineData("gone.test", true, "5.4.4")]
    [InlineData("failing.test", false, "4.4.3")]
    public async Task A_host_without_address_is_a_failure_for_good_only_if_the_name_service_says_so(string host, bool isPermanent, string status)
    {
        var found = await SendingParts.Lookup(new FakeResolver { Failing = { "failing.test A" } }).AddressesAsync(new MailHost(host, 25, 0), NextHop.OfDomain("x.test"), default);
        Assert.Equal((isPermanent, status), (found.Failure!.IsPermanent, found.Failure.Status));
    }

    [Fact]
    public async Task The_hosts_file_is_for_hosts_that_the_operator_names()
    {
        var lookup = SendingParts.Lookup(new FakeResolver());
        Assert.Equal(2, (await lookup.AddressesAsync(new MailHost("localhost", 25, 0), new NextHop("localhost", 25), default)).Addresses.Count);
        Assert.NotNull((await lookup.AddressesAsync(new MailHost("localhost", 25, 0), NextHop.OfDomain("x.test"), default)).Failure);
    }
}
