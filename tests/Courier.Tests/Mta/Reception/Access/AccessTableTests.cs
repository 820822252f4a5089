using System.Net;
using Courier.Mta.Reception;
using Courier.Mta.Reception.Access;
using Courier.Mta.Reception.Headers;
using Courier.Mta.Reception.Senders;

namespace Courier.Tests.Mta.Reception.Access;

/// <summary>The lines of <c>smtpaccess</c>.</summary>
public sealed class AccessTableTests
{
    private static readonly string[] _lines =
    [
        "*\tallow,SIZELIMIT=1",
        "192.0.2\tdeny",
        "192.0.2.7\tallow,SIZELIMIT=7",
        "192.0.2.128/25\tallow,SIZELIMIT=128",
        "10\tallow,SIZELIMIT=10",
        ":2001:0db8\tallow,SIZELIMIT=32",
        ":2001:0db8:0000:0000:0000:0000:0000:0001\tallow,SIZELIMIT=64",
        "2001:db8:1::/48\tallow,SIZELIMIT=48",
        "2001:db8:2::9   allow,SIZELIMIT=9",
        "*.587\tallow,SIZELIMIT=587",
        "127.0.0.1.2525\tallow,SIZELIMIT=2525",
    ];

    [Theory]
    [InlineData("203.0.113.5", 1L)]
    [InlineData("192.0.2.7", 7L)]
    [InlineData("192.0.2.200", 128L)]
    [InlineData("10.200.3.4", 10L)]
    [InlineData("100.1.1.1", 1L)]
    [InlineData("2001:db8::1", 64L)]
    [InlineData("2001:db8::2", 32L)]
    [InlineData("2001:db8:1::2", 48L)]
    [InlineData("2001:db8:2::9", 9L)]
    [InlineData("::ffff:10.1.1.1", 10L)]
    [InlineData("192.0.2.8", null)]
    public void The_smallest_network_alone_counts(string peer, long? size)
    {
        var entry = Find(_lines, peer);
        Assert.Equal(size, entry.MessageBytes);
        Assert.Equal(size is null, entry.IsDenied);
    }

    [Theory]
    [InlineData("127.0.0.1", 587, 587L)]
    [InlineData("127.0.0.1", 2525, 2525L)]
    [InlineData("127.0.0.2", 2525, 1L)]
    public void An_address_of_ours_counts_where_nothing_but_the_star_is_said_of_the_peer(string local, int port, long size)
    {
        Assert.Equal(size, Table(_lines).Find(new IPEndPoint(IPAddress.Parse(local), port), new IPEndPoint(IPAddress.Parse("203.0.113.5"), 99)).MessageBytes);
        Assert.Equal(10, Table(_lines).Find(new IPEndPoint(IPAddress.Parse(local), port), new IPEndPoint(IPAddress.Parse("10.0.0.5"), 99)).MessageBytes);
    }

    [Fact]
    public void A_peer_that_is_not_named_may_connect_and_nothing_more()
    {
        var entry = Find(["10\tdeny"], "192.0.2.1");
        Assert.Equal((false, false, false), (entry.IsDenied, entry.IsAllowed, entry.MayRelay));
    }

    [Fact]
    public void What_is_asked_of_all_may_be_said_anew_for_a_network()
    {
        var entry = Find(["10\tallow,BOFHCHECKDNS=0,BOFHCHECKHELO=2,BOFHNOVRFY=1,BOFHNOEXPN=0,NOADDMSGID=1,NOADDDATE,NOADDRREWRITE=2"], "10.0.0.1");
        Assert.Equal((false, HeloCheck.Temporary, Audience.Nobody, Audience.Everybody), (entry.ChecksDomain, entry.Helo, entry.Told(expands: false), entry.Told(expands: true)));
        Assert.Equal(new HeaderSettings { Domain = "a.test", AddsMessageId = Whose.Nobody, AddsDate = Whose.Everybody, Changes = HeaderChanges.Unsigned },
            entry.Over(new HeaderSettings { Domain = "a.test", Changes = HeaderChanges.None }));
        var other = Find(["10\tallow"], "10.0.0.1");
        Assert.Equal((null, null, null, null), (other.ChecksDomain, other.Helo, other.Told(expands: false), other.Told(expands: true)));
        Assert.Equal(new HeaderSettings { AddsDate = Whose.Nobody }, other.Over(new HeaderSettings { AddsDate = Whose.Nobody }));
    }

    [Fact]
    public void Of_two_lines_for_one_network_the_later_counts() => Assert.True(Find(["10\tallow", "10.0.0.0/8\tdeny"], "10.1.1.1").IsDenied);

    [Theory]
    [InlineData("300.1\tallow")]
    [InlineData("192.0.2.1.1.1\tallow")]
    [InlineData("192.0.2.0/33\tallow")]
    [InlineData("2001:db8::/129\tallow")]
    [InlineData(":20010\tallow")]
    [InlineData(":1:2:3:4:5:6:7:8:9\tallow")]
    [InlineData("example.org\tallow")]
    [InlineData("*.0\tallow")]
    [InlineData("10")]
    [InlineData("10\trelay of a kind")]
    [InlineData("10\tdeny,RELAYCLIENT")]
    [InlineData("10\tallow,SIZELIMIT=many")]
    [InlineData("10\tallow,MAXCPERIP=-1")]
    [InlineData("10\tallow,RELAYCLIENT=@elsewhere.example")]
    public void A_line_that_makes_no_sense_is_a_problem_with_its_number(string line)
    {
        var problems = new List<LineProblem>();
        AccessTable.Read([new SourceLine("smtpaccess", 7, line)], problems);
        Assert.StartsWith("smtpaccess:7: found “", Assert.Single(problems).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("allow,RELAYCLIENT,BLOCK=\"Go, and come back\",AUTH_REQUIRED=1,ESMTP_TLS_REQUIRED=1,TARPIT=0,MAXCPERIP=9,FAXRELAYCLIENT,SIZELIMIT=2048")]
    [InlineData("relay, block=\"Go, and come back\", login, tls, patient, connections=9, FAXRELAYCLIENT=, size=2KiB")]
    public void Courier_s_words_and_ours_mean_the_same(string text)
    {
        var entry = AccessEntry.Parse(text, out var problem);
        Assert.Equal("", problem);
        Assert.Equal((true, "Go, and come back", true, true, true), (entry!.MayRelay, entry.Block, entry.LoginRequired, entry.TlsRequired, entry.IsForgiven));
        Assert.Equal((9, 2048L, ""), (entry.ConnectionsMax, entry.MessageBytes, entry.Variables["FAXRELAYCLIENT"]));
    }

    [Theory]
    [InlineData("allow,AUTH_REQUIRED=0,ESMTP_TLS_REQUIRED,TARPIT=1,BLOCK,SIZELIMIT=0")]
    [InlineData("allow")]
    public void What_is_switched_off_is_off(string text)
    {
        var entry = AccessEntry.Parse(text, out _)!;
        Assert.Equal((false, null, false, false, false, (long?)null), (entry.MayRelay, entry.Block, entry.LoginRequired ?? false, entry.TlsRequired ?? false, entry.IsForgiven, entry.MessageBytes));
    }

    private static AccessEntry Find(string[] lines, string peer) =>
        Table(lines).Find(IPEndPoint.Parse("192.0.2.250:25"), new IPEndPoint(IPAddress.Parse(peer), 1024));

    private static AccessTable Table(string[] lines)
    {
        var problems = new List<LineProblem>();
        var table = new AccessTable(AccessTable.Read([.. lines.Select((line, i) => new SourceLine("smtpaccess", i + 1, line))], problems));
        Assert.Empty(problems);
        return table;
    }
}
