using System.Net;
using Courier.Net.Dns;
using Courier.Tests.Queue;
using Courier.Tests.Shared.Dns;

namespace Courier.Tests.Net.Dns;

public sealed class StubResolverTests
{
    private static StubResolver Resolver(FakeDnsServer server, DnsLimits? limits = null, TimeProvider? clock = null, bool mixCase = false, params IPEndPoint[] others) => new(
        new DnsSettings
        {
            Servers = new DnsServers { Servers = [.. others, server.EndPoint], Timeout = TimeSpan.FromMilliseconds(200), Attempts = 2 },
            MixCase = mixCase,
            Limits = limits ?? new DnsLimits(),
        },
        clock ?? TimeProvider.System);

    private static async Task<DnsAnswer> AskAsync(StubResolver resolver, string name, DnsType type) => await resolver.ResolveAsync(name, type, CancellationToken.None);

    [Theory]
    [InlineData(DnsType.A, "x.test 60 A 192.0.2.1", "AddressRecord { Address = 192.0.2.1 }")]
    [InlineData(DnsType.Aaaa, "x.test 60 AAAA 2001:db8::1", "AddressRecord { Address = 2001:db8::1 }")]
    [InlineData(DnsType.Mx, "x.test 60 MX 10 MX1.x.test", "MxRecord { Preference = 10, Exchange = mx1.x.test }")]
    [InlineData(DnsType.Mx, "x.test 60 MX 0 .", "MxRecord { Preference = 0, Exchange = . }")]
    [InlineData(DnsType.Txt, "x.test 60 TXT v=STSv1; id=1;", "TxtRecord { Text = v=STSv1; id=1; }")]
    [InlineData(DnsType.Ptr, "x.test 60 PTR host.test", "NameRecord { Target = host.test }")]
    [InlineData(DnsType.Cname, "x.test 60 CNAME host.test", "NameRecord { Target = host.test }")]
    public async Task Records_of_every_type_are_read(DnsType type, string record, string expected)
    {
        await using var server = new FakeDnsServer(record);
        using var resolver = Resolver(server);
        var answer = await AskAsync(resolver, "X.test.", type);
        Assert.Equal((DnsOutcome.Found, TimeSpan.FromSeconds(60), false), (answer.Outcome, answer.TimeToLive, answer.IsAuthenticated));
        Assert.Equal(expected, Assert.Single(answer.Records).ToString());
    }

    [Fact]
    public async Task A_tlsa_record_and_a_text_of_many_strings_are_read_whole()
    {
        var text = new string('a', 700);
        await using var server = new FakeDnsServer("_25._tcp.mx.test 60 TLSA 3 1 1 00ff10", $"x.test 60 TXT {text}");
        using var resolver = Resolver(server);
        var tlsa = (TlsaRecord)(await AskAsync(resolver, "_25._tcp.mx.test", DnsType.Tlsa)).Records[0];
        Assert.Equal((3, 1, 1, "00FF10"), (tlsa.Usage, tlsa.Selector, tlsa.MatchingType, Convert.ToHexString(tlsa.Data.Span)));
        Assert.Equal(text, ((TxtRecord)(await AskAsync(resolver, "x.test", DnsType.Txt)).Records[0]).Text);
    }

    [Fact]
    public async Task No_such_name_and_no_such_data_are_told_apart_and_both_are_kept_for_as_long_as_the_soa_says()
    {
        await using var server = new FakeDnsServer("x.test 60 A 192.0.2.1");
        var clock = new ManualClock();
        using var resolver = Resolver(server, clock: clock);
        Assert.Equal(DnsOutcome.NoData, (await AskAsync(resolver, "x.test", DnsType.Mx)).Outcome);
        Assert.Equal(DnsOutcome.NoSuchName, (await AskAsync(resolver, "y.test", DnsType.Mx)).Outcome);
        await AskAsync(resolver, "x.test", DnsType.Mx);
        await AskAsync(resolver, "y.test", DnsType.Mx);
        Assert.Equal(2, server.Asked.Count);
        clock.Advance(TimeSpan.FromSeconds(61));
        await AskAsync(resolver, "y.test", DnsType.Mx);
        Assert.Equal(3, server.Asked.Count);
    }

    [Fact]
    public async Task A_negative_answer_without_soa_is_not_kept()
    {
        await using var server = new FakeDnsServer { Behave = (query, _, _, _) => [DnsWire.Reply(query, [], code: 3)] };
        using var resolver = Resolver(server);
        await AskAsync(resolver, "x.test", DnsType.A);
        await AskAsync(resolver, "x.test", DnsType.A);
        Assert.Equal((2, 0), (server.Asked.Count, resolver.Cached));
    }

    [Fact]
    public async Task An_answer_is_kept_for_its_shortest_time_to_live()
    {
        await using var server = new FakeDnsServer("x.test 30 CNAME y.test", "y.test 300 A 192.0.2.1", "y.test 300 A 192.0.2.2");
        var clock = new ManualClock();
        using var resolver = Resolver(server, clock: clock);
        var answer = await AskAsync(resolver, "x.test", DnsType.A);
        Assert.Equal((2, "y.test", TimeSpan.FromSeconds(30)), (answer.Records.Count, answer.CanonicalName, answer.TimeToLive));
        clock.Advance(TimeSpan.FromSeconds(29));
        await AskAsync(resolver, "x.test", DnsType.A);
        Assert.Single(server.Asked);
        clock.Advance(TimeSpan.FromSeconds(2));
        await AskAsync(resolver, "x.test", DnsType.A);
        Assert.Equal(2, server.Asked.Count);
    }

    [Fact]
    public async Task The_cache_is_bounded()
    {
        await using var server = new FakeDnsServer([.. Enumerable.Range(0, 10).Select(n => $"x{n}.test 60 A 192.0.2.{n}")]);
        using var resolver = Resolver(server, new DnsLimits { CacheEntries = 3 });
        for (var n = 0; n < 10; n++)
            await AskAsync(resolver, $"x{n}.test", DnsType.A);
        Assert.Equal(3, resolver.Cached);
        using var small = Resolver(server, new DnsLimits { CacheBytes = 700 });
        for (var n = 0; n < 10; n++)
            await AskAsync(small, $"x{n}.test", DnsType.A);
        Assert.Equal(2, small.Cached);
    }

    [Fact]
    public async Task A_question_that_is_asked_already_is_not_asked_again()
    {
        var gate = new ManualResetEventSlim();
        await using var server = new FakeDnsServer("x.test 60 A 192.0.2.1")
        {
            Behave = (_, _, _, _) =>
            {
                gate.Wait(TimeSpan.FromSeconds(5));
                return null;
            },
        };
        using var resolver = Resolver(server);
        var all = Enumerable.Range(0, 20).Select(_ => AskAsync(resolver, "x.test", DnsType.A)).ToList();
        gate.Set();
        Assert.All(await Task.WhenAll(all), answer => Assert.True(answer.IsFound));
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task A_truncated_answer_is_asked_for_over_tcp()
    {
        await using var server = new FakeDnsServer("x.test 60 A 192.0.2.1");
        server.Behave = (query, _, _, isTcp) => isTcp ? null : [DnsWire.Reply(query, [], isTruncated: true)];
        using var resolver = Resolver(server);
        Assert.True((await AskAsync(resolver, "x.test", DnsType.A)).IsFound);
        Assert.Equal(["x.test A", "tcp x.test A"], server.Asked);
    }

    [Fact]
    public async Task What_does_not_answer_our_question_is_not_taken_for_the_answer()
    {
        await using var server = new FakeDnsServer("x.test 60 A 192.0.2.1");
        server.Behave = (query, _, _, _) =>
        {
            byte[] otherId = [(byte)(query[0] ^ 1), .. query.AsSpan(1)];
            var otherName = query.ToArray();
            otherName[13] ^= 1;
            return
            [
                DnsWire.Reply(otherId, ["x.test 60 A 203.0.113.1"]), DnsWire.Reply(otherName, ["x.test 60 A 203.0.113.2"]), query, [1, 2, 3],
                DnsWire.Reply(query, ["other.test 60 A 203.0.113.3", "x.test 60 A 192.0.2.1"]),
            ];
        };
        using var resolver = Resolver(server);
        Assert.Equal("AddressRecord { Address = 192.0.2.1 }", Assert.Single((await AskAsync(resolver, "x.test", DnsType.A)).Records).ToString());
    }

    [Fact]
    public async Task A_flood_of_forged_datagrams_sends_the_question_to_tcp()
    {
        await using var server = new FakeDnsServer("x.test 60 A 192.0.2.1");
        server.Behave = (query, _, _, isTcp) => isTcp ? null
            : [.. Enumerable.Range(1, 20).Select(n => DnsWire.Reply([(byte)(query[0] ^ n), .. query.AsSpan(1)], ["x.test 60 A 203.0.113.1"]))];
        using var resolver = Resolver(server);
        Assert.Equal("AddressRecord { Address = 192.0.2.1 }", Assert.Single((await AskAsync(resolver, "x.test", DnsType.A)).Records).ToString());
    }

    [Theory]
    [InlineData(2, "SERVFAIL")]
    [InlineData(5, "REFUSED")]
    public async Task What_the_server_cannot_answer_is_a_failure_asked_once_and_kept_for_a_moment(int code, string name)
    {
        await using var server = new FakeDnsServer { Behave = (query, _, _, _) => [DnsWire.Reply(query, [], code)] };
        var clock = new ManualClock();
        using var resolver = Resolver(server, clock: clock);
        var answer = await AskAsync(resolver, "x.test", DnsType.Mx);
        Assert.Equal(DnsOutcome.Failed, answer.Outcome);
        Assert.Contains($"{name} for x.test MX", answer.Problem, StringComparison.Ordinal);
        await AskAsync(resolver, "x.test", DnsType.Mx);
        Assert.Single(server.Asked);
        clock.Advance(TimeSpan.FromSeconds(6));
        await AskAsync(resolver, "x.test", DnsType.Mx);
        Assert.Equal(2, server.Asked.Count);
    }

    [Fact]
    public async Task A_server_that_is_silent_or_gone_is_followed_by_the_next_and_asked_last_from_then_on()
    {
        await using var silent = new FakeDnsServer { Behave = (_, _, _, _) => [] };
        await using var server = new FakeDnsServer("x.test 60 A 192.0.2.1", "y.test 60 A 192.0.2.2");
        using var resolver = Resolver(server, others: [silent.EndPoint, new IPEndPoint(IPAddress.Loopback, 1)]);
        Assert.True((await AskAsync(resolver, "x.test", DnsType.A)).IsFound);
        Assert.True((await AskAsync(resolver, "y.test", DnsType.A)).IsFound);
        Assert.Equal((1, 2), (silent.Asked.Count, server.Asked.Count));
    }

    [Fact]
    public async Task Silence_of_all_servers_is_a_failure_after_the_agreed_attempts()
    {
        await using var silent = new FakeDnsServer { Behave = (_, _, _, _) => [] };
        using var resolver = Resolver(silent);
        var answer = await AskAsync(resolver, "x.test", DnsType.A);
        Assert.Equal(DnsOutcome.Failed, answer.Outcome);
        Assert.EndsWith("does not answer", answer.Problem, StringComparison.Ordinal);
        Assert.Equal(2, silent.Asked.Count);
    }

    [Fact]
    public async Task A_server_from_before_edns_is_asked_without_it()
    {
        await using var server = new FakeDnsServer("x.test 60 A 192.0.2.1");
        server.Behave = (query, _, _, _) => query[11] == 0 ? null : [DnsWire.Reply(query, [], code: 1)];
        using var resolver = Resolver(server);
        Assert.True((await AskAsync(resolver, "x.test", DnsType.A)).IsFound);
    }

    [Fact]
    public async Task Aliases_are_followed_also_over_several_answers_but_not_for_ever()
    {
        await using var server = new FakeDnsServer("b.test 60 A 192.0.2.1", "l1.test 60 CNAME l2.test", "l2.test 60 CNAME l1.test");
        server.Behave = (query, name, _, _) => name == "a.test" ? [DnsWire.Reply(query, ["a.test 60 CNAME b.test"])] : null;
        using var resolver = Resolver(server);
        var answer = await AskAsync(resolver, "a.test", DnsType.A);
        Assert.Equal((DnsOutcome.Found, "b.test"), (answer.Outcome, answer.CanonicalName));
        var loop = await AskAsync(resolver, "l1.test", DnsType.A);
        Assert.Equal((DnsOutcome.Failed, "too many aliases from l1.test"), (loop.Outcome, loop.Problem));
    }

    [Fact]
    public async Task Endless_aliases_over_many_answers_end_in_a_failure()
    {
        await using var server = new FakeDnsServer { Behave = (query, name, _, _) => [DnsWire.Reply(query, [$"{name} 60 CNAME a{name}"])] };
        using var resolver = Resolver(server);
        Assert.Equal(DnsOutcome.Failed, (await AskAsync(resolver, "a.test", DnsType.A)).Outcome);
        Assert.InRange(server.Asked.Count, 2, new DnsLimits().CnameChain + 1);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Authentication_is_believed_of_a_loopback_server(bool isSet, bool expected)
    {
        await using var server = new FakeDnsServer("x.test 60 A 192.0.2.1") { IsAuthenticated = isSet };
        using var resolver = Resolver(server);
        Assert.Equal(expected, (await AskAsync(resolver, "x.test", DnsType.A)).IsAuthenticated);
        Assert.Equal(expected, (await AskAsync(resolver, "none.test", DnsType.A)).IsAuthenticated);
    }

    [Fact]
    public async Task An_answer_is_authenticated_only_if_every_part_of_it_was()
    {
        await using var server = new FakeDnsServer("b.test 60 A 192.0.2.1");
        server.Behave = (query, name, _, _) => name == "a.test" ? [DnsWire.Reply(query, ["a.test 60 CNAME b.test"], isAuthenticated: true)] : null;
        using var resolver = Resolver(server);
        Assert.False((await AskAsync(resolver, "a.test", DnsType.A)).IsAuthenticated);
    }

    [Fact]
    public async Task Mixed_case_has_to_come_back_as_it_went()
    {
        var folded = 0;
        await using var server = new FakeDnsServer("mixed-case-of-many-letters.example.test 60 A 192.0.2.1");
        server.Behave = (query, _, _, isTcp) =>
        {
            if (isTcp)
                return null;
            var lower = query.Select(octet => char.IsAsciiLetterUpper((char)octet) ? (byte)(octet | 0x20) : octet).ToArray();
            folded++;
            return [DnsWire.Reply([.. query.AsSpan(0, 12), .. lower.AsSpan(12)], ["mixed-case-of-many-letters.example.test 60 A 203.0.113.1"]), DnsWire.Reply(query, ["mixed-case-of-many-letters.example.test 60 A 192.0.2.1"])];
        };
        using var resolver = Resolver(server, mixCase: true);
        Assert.Equal("AddressRecord { Address = 192.0.2.1 }", Assert.Single((await AskAsync(resolver, "mixed-case-of-many-letters.example.test", DnsType.A)).Records).ToString());
        Assert.Equal(1, folded);
    }

    [Theory]
    [InlineData("bücher.test", "xn--bcher-kva.test")]
    [InlineData("BÜCHER.test.", "xn--bcher-kva.test")]
    [InlineData("_25._tcp.mx.test", "_25._tcp.mx.test")]
    [InlineData("a\\046b.test", "a\\046b.test")]
    [InlineData(".", ".")]
    [InlineData("", null)]
    [InlineData("a..test", null)]
    [InlineData(".test", null)]
    [InlineData("a b.test", null)]
    [InlineData("a\\04", null)]
    public void Names_are_made_comparable_or_refused(string name, string? expected) => Assert.Equal(expected, DnsName.Normalize(name));

    [Fact]
    public void Names_and_labels_have_their_longest()
    {
        var label = new string('a', 63);
        Assert.NotNull(DnsName.Normalize($"{label}.{label}.{label}.{new string('a', 61)}"));
        Assert.Null(DnsName.Normalize($"{label}.{label}.{label}.{new string('a', 62)}"));
        Assert.Null(DnsName.Normalize(label + "a.test"));
    }

    [Theory]
    [InlineData("192.0.2.1", "1.2.0.192.in-addr.arpa")]
    [InlineData("2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")]
    public void Addresses_have_a_reverse_name(string address, string name) => Assert.Equal(name, DnsName.Reverse(IPAddress.Parse(address)));
}
