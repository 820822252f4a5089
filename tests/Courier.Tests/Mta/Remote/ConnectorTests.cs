using System.Net;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.Routing;
using Courier.Queue;
using Courier.Smtp.Client;
using Courier.Tests.Smtp;

namespace Courier.Tests.Mta.Remote;

/// <summary>Which host gets the mail when hosts fail, by their DNS, their connection or their words.</summary>
public sealed class ConnectorTests
{
    private const string Ready = ">220 hi | <EHLO | >250 srv";

    private static readonly SmtpClientSettings _client = new("client.example")
    {
        Limits = new SmtpClientLimits { ConnectTimeout = TimeSpan.FromSeconds(2), GreetingTimeout = TimeSpan.FromMilliseconds(700), QuitTimeout = TimeSpan.FromMilliseconds(50) },
    };

    private static NextHop Domain(int port) => new("example.test", port) { UsesMx = true, IsConfigured = false };

    private static async Task<string> ConnectAsync(int port, FakeResolver resolver, HostLookupSettings? lookup = null)
    {
        try
        {
            await using var client = await SendingParts.Connector(_client, resolver, lookup: lookup).ConnectAsync(Domain(port), default);
            return $"{client.Name} {client.Remote.Address}";
        }
        catch (HopException e)
        {
            return $"{e.Kind} {e.Status}";
        }
    }

    [Theory]
    [InlineData("close")]
    [InlineData("stall")]
    [InlineData(">421 4.3.2 full")]
    [InlineData(">554 5.7.1 not you")]
    [InlineData(">220 hi | <EHLO | >421 no")]
    [InlineData(">220 hi | <EHLO | >554 5.5.1 no")]
    [InlineData(">220 hi | <EHLO | close")]
    [InlineData("endless")]
    [InlineData("lines")]
    public async Task A_host_that_will_not_talk_mail_is_followed_by_the_next(string script)
    {
        await using var bad = new ScriptedServer(script);
        await using var good = new ScriptedServer(new IPEndPoint(IPAddress.Parse("127.0.0.2"), bad.Port), Ready);
        var resolver = new FakeResolver("example.test MX 10 bad.test", "example.test MX 20 good.test", "bad.test A 127.0.0.1", "good.test A 127.0.0.2");
        Assert.Equal("good.test 127.0.0.2", await ConnectAsync(bad.Port, resolver));
        Assert.Equal(1, bad.Connections);
    }

    [Fact]
    public async Task Every_address_of_a_host_is_tried()
    {
        await using var good = new ScriptedServer(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0), Ready);
        var resolver = new FakeResolver("example.test MX 10 mx.test", "mx.test AAAA ::1", "mx.test A 127.0.0.7", "mx.test A 127.0.0.8", "mx.test A 127.0.0.9");
        Assert.Equal("mx.test 127.0.0.9", await ConnectAsync(good.Port, resolver));
    }

    [Fact]
    public async Task The_number_of_addresses_tried_is_bounded()
    {
        await using var good = new ScriptedServer(new IPEndPoint(IPAddress.Parse("127.0.0.99"), 0), Ready);
        string[] records = [.. Enumerable.Range(10, 12).SelectMany(n => new[] { $"example.test MX {n} mx{n}.test", $"mx{n}.test A 127.0.0.{n}" })];
        Assert.Equal("Deferred 4.4.1", await ConnectAsync(good.Port, new FakeResolver([.. records, "example.test MX 90 good.test", "good.test A 127.0.0.99"])));
        Assert.Equal(0, good.Connections);
    }

    [Fact]
    public async Task Greetings_that_refuse_for_good_fail_the_mail_only_when_all_hosts_say_so()
    {
        await using var first = new ScriptedServer(">554 5.7.1 no", ">554 5.7.1 no");
        await using var second = new ScriptedServer(new IPEndPoint(IPAddress.Parse("127.0.0.2"), first.Port), ">521 never", ">421 4.3.2 later");
        var resolver = new FakeResolver("example.test MX 10 a.test", "example.test MX 20 b.test", "a.test A 127.0.0.1", "b.test A 127.0.0.2");
        Assert.Equal("Failed 5.3.2", await ConnectAsync(first.Port, resolver));
        Assert.Equal("Deferred 4.3.2", await ConnectAsync(first.Port, resolver));
    }

    [Theory]
    [InlineData("Failed 5.4.4", "a.test", "")]
    [InlineData("Deferred 4.4.3", "a.test", "b.test")]
    public async Task Hosts_without_address_fail_the_mail_unless_that_may_change(string expected, string host, string failing)
    {
        var resolver = new FakeResolver($"example.test MX 10 {host}", "example.test MX 20 b.test") { Failing = { failing } };
        Assert.Equal(expected, await ConnectAsync(25, resolver));
    }

    [Fact]
    public async Task A_host_whose_address_is_ours_takes_out_its_preference_and_all_worse_ones()
    {
        await using var other = new ScriptedServer(Ready);
        var lookup = new HostLookupSettings { IsOwn = endPoint => endPoint.Address.Equals(IPAddress.Parse("127.0.0.2")) };
        var worse = new FakeResolver("example.test MX 10 us.test", "example.test MX 20 worse.test", "us.test A 127.0.0.2", "worse.test A 127.0.0.1");
        Assert.Equal("Failed 5.4.6", await ConnectAsync(other.Port, worse, lookup));
        var equal = new FakeResolver("example.test MX 10 us.test", "example.test MX 10 peer.test", "us.test A 127.0.0.2", "peer.test A 127.0.0.1");
        Assert.Equal("Failed 5.4.6", await ConnectAsync(other.Port, equal, lookup));
        var better = new FakeResolver("example.test MX 20 us.test", "example.test MX 10 better.test", "us.test A 127.0.0.2", "better.test A 127.0.0.1");
        Assert.Equal("better.test 127.0.0.1", await ConnectAsync(other.Port, better, lookup));
    }

    [Fact]
    public async Task A_server_whose_tls_broke_gets_its_mail_in_the_clear_at_once_for_some_hours()
    {
        const string clear = Ready + "\n250 STARTTLS";
        await using var server = new ScriptedServer(">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go | junk", clear.Replace("250 srv", "250-srv", StringComparison.Ordinal), clear.Replace("250 srv", "250-srv", StringComparison.Ordinal));
        var clock = new Courier.Tests.Queue.ManualClock();
        var broken = new BrokenTls(clock);
        var connector = SendingParts.Connector(_client, new FakeResolver("example.test A 127.0.0.1"), broken: broken);
        await using (var first = await connector.ConnectAsync(Domain(server.Port), default))
            Assert.NotNull(first.TlsProblem);
        await using (var second = await connector.ConnectAsync(Domain(server.Port), default))
            Assert.Equal((false, null), (second.IsSecure, second.TlsProblem));
        Assert.Equal(3, server.Connections);
        var endPoint = new IPEndPoint(IPAddress.Loopback, server.Port);
        clock.Advance(TimeSpan.FromHours(2) - TimeSpan.FromMinutes(1));
        Assert.True(broken.Contains(endPoint));
        clock.Advance(TimeSpan.FromHours(2) + TimeSpan.FromMinutes(1));
        Assert.False(broken.Contains(endPoint));
    }

    [Fact]
    public async Task What_comes_ahead_of_the_handshake_is_not_taken_for_a_reply()
    {
        await using var server = new ScriptedServer(
            ">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go\n250-evil\n250 AUTH PLAIN | tls | <EHLO | >250-srv\n250 SIZE 10");
        await using var client = await SendingParts.Connector(_client, new FakeResolver("example.test A 127.0.0.1")).ConnectAsync(Domain(server.Port), default);
        Assert.Equal((true, ServerExtensions.Size), (client.IsSecure, client.Extensions));
    }

    /// <summary>A-labels, one that is no Punycode, a name that is none for hosts, and octets of UTF-8 that somebody put into the DNS: none of them
    /// stands in the way of TLS that is not verified.</summary>
    [Theory]
    [InlineData("mx.xn--bcher-kva.test")]
    [InlineData("xn--0.test")]
    [InlineData("-my_host.test")]
    [InlineData(@"mx.b\195\188cher.test")]
    [InlineData(@"a\032b.test")]
    public async Task A_host_of_any_name_gets_mail_over_tls_unless_its_certificate_must_be_good(string exchange)
    {
        const string script = ">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go | tls | <EHLO | >250 srv";
        await using var server = new ScriptedServer(script, script);
        var connector = SendingParts.Connector(_client, new FakeResolver($"example.test MX 10 {exchange}", $"{exchange} A 127.0.0.1"));
        await using (var client = await connector.ConnectAsync(Domain(server.Port), default))
            Assert.True(client.IsSecure);
        var e = await Assert.ThrowsAsync<HopException>(async () => await connector.ConnectAsync(Domain(server.Port) with { Security = HopSecurity.Verified }, default));
        Assert.Equal("Deferred 4.7.5", $"{e.Kind} {e.Status}");
    }

    [Theory]
    [InlineData(HopSecurity.Required, ">250 srv", "Deferred 4.7.5")]
    [InlineData(HopSecurity.Required, ">250-srv\n250 STARTTLS | <STARTTLS | >454 not now", "Deferred 4.7.5")]
    [InlineData(HopSecurity.Verified, ">250-srv\n250 STARTTLS | <STARTTLS | >220 go | tls", "Deferred 4.7.5")]
    public async Task Without_the_tls_that_is_asked_of_it_a_host_gets_no_mail(HopSecurity security, string script, string expected)
    {
        await using var server = new ScriptedServer(">220 hi | <EHLO | " + script);
        var e = await Assert.ThrowsAsync<HopException>(async () => await SendingParts.Connector(_client).ConnectAsync(new NextHop("127.0.0.1", server.Port) { Security = security }, default));
        Assert.Equal(expected, $"{e.Kind} {e.Status}");
        Assert.DoesNotContain(server.Lines, line => line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tls_from_the_first_byte_is_for_hops_that_want_it()
    {
        await using var server = new ScriptedServer("tls | >220 hi | <EHLO | >250 srv");
        await using var client = await SendingParts.Connector(_client).ConnectAsync(new NextHop("127.0.0.1", server.Port) { Security = HopSecurity.Smtps }, default);
        Assert.True(client.IsSecure);
    }

    [Fact]
    public async Task A_hop_without_tls_is_left_in_the_clear()
    {
        await using var server = new ScriptedServer(">220 hi | <EHLO | >250-srv\n250 STARTTLS");
        await using var client = await SendingParts.Connector(_client).ConnectAsync(new NextHop("127.0.0.1", server.Port) { Security = HopSecurity.Never }, default);
        Assert.False(client.IsSecure);
    }

    /// <summary>As ESMTP_USE_STARTTLS=0 has it; a route that wants TLS gets it all the same.</summary>
    [Theory]
    [InlineData(HopSecurity.WhenOffered, "", false)]
    [InlineData(HopSecurity.Required, " | <STARTTLS | >220 go | tls | <EHLO | >250 srv", true)]
    public async Task Tls_that_nobody_asks_for_can_be_turned_off(HopSecurity security, string rest, bool isSecure)
    {
        await using var server = new ScriptedServer(">220 hi | <EHLO | >250-srv\n250 STARTTLS" + rest);
        await using var client = await SendingParts.Connector(_client, usesOffered: false).ConnectAsync(new NextHop("127.0.0.1", server.Port) { Security = security }, default);
        Assert.Equal(isSecure, client.IsSecure);
    }

    [Theory]
    [InlineData("AUTH PLAIN LOGIN", "<AUTH PLAIN AGFkYQBzZWNyZXQ= | >235 2.7.0 ok", null)]
    [InlineData("AUTH LOGIN", "<AUTH LOGIN | >334 VXNlcm5hbWU6 | <YWRh | >334 UGFzc3dvcmQ6 | <c2VjcmV0 | >235 ok", null)]
    [InlineData("AUTH CRAM-MD5 PLAIN", "<AUTH CRAM-MD5 | >334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+ | <YWRhI | >235 ok", null)]
    [InlineData("AUTH PLAIN", "<AUTH PLAIN | >535 5.7.8 wrong", "4.7.8")]
    [InlineData("AUTH PLAIN", "<AUTH PLAIN | >454 4.7.0 later", "4.7.0")]
    [InlineData("AUTH GSSAPI", "", "4.7.8")]
    [InlineData("SIZE 10", "", "4.7.8")]
    public async Task A_login_is_made_with_the_best_mechanism_both_have_and_its_refusal_is_temporary(string offer, string dialogue, string? status)
    {
        await using var server = new ScriptedServer($">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go | tls | <EHLO | >250-srv\n250 {offer}{(dialogue.Length > 0 ? " | " + dialogue : "")}");
        var hop = new NextHop("127.0.0.1", server.Port) { Credentials = new SmtpCredentials("ada", "secret") };
        if (status is null)
        {
            await using var client = await SendingParts.Connector(_client).ConnectAsync(hop, default);
            Assert.True(client.IsSecure);
            return;
        }

        var e = await Assert.ThrowsAsync<HopException>(async () => await SendingParts.Connector(_client).ConnectAsync(hop, default));
        Assert.Equal((OutcomeKind.Deferred, status), (e.Kind, e.Status));
    }

    [Fact]
    public async Task A_password_is_not_sent_in_the_clear()
    {
        await using var server = new ScriptedServer(">220 hi | <EHLO | >250-srv\n250 AUTH PLAIN LOGIN");
        var hop = new NextHop("127.0.0.1", server.Port) { Credentials = new SmtpCredentials("ada", "secret") };
        var e = await Assert.ThrowsAsync<HopException>(async () => await SendingParts.Connector(_client).ConnectAsync(hop, default));
        Assert.Equal("4.7.8", e.Status);
        Assert.DoesNotContain(server.Lines, line => line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Our_name_may_depend_on_the_address_we_come_from()
    {
        await using var server = new ScriptedServer(">220 hi | <EHLO name-of-127.0.0.1 | >250 srv");
        await using var client = await SendingParts.Connector(_client with { NameFor = (address, _) => new($"name-of-{address}") }).ConnectAsync(new NextHop("127.0.0.1", server.Port), default);
        Assert.Equal(["EHLO name-of-127.0.0.1"], server.Lines);
    }

    [Fact]
    public async Task A_transcript_has_both_sides_and_no_secrets()
    {
        var lines = new List<string>();
        await using var server = new ScriptedServer("tls | >220 hi | <EHLO | >250-srv\n250 AUTH PLAIN | <AUTH | >235 2.7.0 ok");
        var hop = new NextHop("127.0.0.1", server.Port) { Security = HopSecurity.Smtps, Credentials = new SmtpCredentials("ada", "secret") };
        await using (await SendingParts.Connector(_client with { Transcript = lines.Add }).ConnectAsync(hop, default))
            Assert.Equal(["< 220 hi", "> EHLO client.example", "< 250 srv", "< 250 AUTH PLAIN", "> AUTH PLAIN ***", "< 235 2.7.0 ok"], lines.Where(line => line[0] != '*'));
    }
}
