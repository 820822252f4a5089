using System.Net;
using Courier.Mail.Addresses;
using Courier.MailAuth.DnsLists;
using Courier.Mta.Reception;
using Courier.Mta.Reception.Access;
using Courier.Mta.Reception.Greylisting;
using Courier.Net.Dns;
using Courier.Tests.Mta.Reception;
using Courier.Tests.Mta.Remote;
using Courier.Tests.Shared.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using static Courier.Tests.Mta.Reception.ReceptionBench;

namespace Courier.Tests.MailAuth;

/// <summary>Lists in the DNS: what counts as an entry, in what order, and for whom.</summary>
public sealed class DnsListTests : IDisposable
{
    private readonly ReceptionBench _bench = new();
    private readonly RecordingLogger _log = new();
    private readonly FakeResolver _names = new(
        "1.2.0.192.bl.test A 127.0.0.2", "1.2.0.192.bl.test TXT Seen sending spam, http://bl.test/192.0.2.1",
        "2.2.0.192.bl.test A 127.0.0.4", "3.2.0.192.bl.test A 127.255.255.254", "4.2.0.192.bl.test A 203.0.113.1",
        "5.2.0.192.bl.test A 127.0.0.2", "5.2.0.192.wl.test A 127.0.10.1",
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.test A 127.0.0.2");

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("block bl.test", "192.0.2.1", "Seen sending spam, http://bl.test/192.0.2.1")]
    [InlineData("block bl.test", "192.0.2.2", "Your address is listed in bl.test")]
    [InlineData("block bl.test", "2001:db8::1", "Your address is listed in bl.test")]
    [InlineData("block bl.test", "::ffff:192.0.2.2", "Your address is listed in bl.test")]
    [InlineData("block BL.test. Ask us", "192.0.2.2", "Ask us")]
    [InlineData("block bl.test Go away, please", "192.0.2.1", "Go away, please")]
    [InlineData("block bl.test/127.0.0.2", "192.0.2.2", null)]
    [InlineData("block bl.test/127.0.0.2/127.0.0.4", "192.0.2.2", "Your address is listed in bl.test")]
    [InlineData("block bl.test", "192.0.2.9", null)]
    [InlineData("block bl.test", "2001:db8::2", null)]
    [InlineData("block bl.test", "127.0.0.1", null)]
    [InlineData("allow wl.test; block bl.test", "192.0.2.5", null)]
    [InlineData("block bl.test; allow wl.test", "192.0.2.5", "Your address is listed in bl.test")]
    [InlineData("block other.test; block bl.test", "192.0.2.2", "Your address is listed in bl.test")]
    public async Task The_first_list_that_has_the_address_counts(string lists, string address, string? text)
    {
        var verdict = await Lookup(DnsList.ParseAll(lists)!).FindAsync(IPAddress.Parse(address), CancellationToken.None);
        Assert.Equal(text is not null, verdict.IsRefused);
        Assert.Equal(text ?? "", verdict.Text);
    }

    [Theory]
    [InlineData("192.0.2.3", "127.255.255.254")]
    [InlineData("192.0.2.4", "203.0.113.1")]
    public async Task What_is_no_entry_lists_nobody_and_is_told_once(string address, string answer)
    {
        var lookup = Lookup(DnsList.ParseAll("block bl.test")!);
        for (var i = 0; i < 3; i++)
            Assert.False((await lookup.FindAsync(IPAddress.Parse(address), CancellationToken.None)).IsRefused);
        Assert.Contains(answer, Assert.Single(_log.Events), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_cannot_be_asked_lists_nobody()
    {
        _names.Failing.Add("1.2.0.192.deaf.test");
        var lookup = Lookup(DnsList.ParseAll("block deaf.test; block bl.test")!);
        Assert.StartsWith("Seen", (await lookup.FindAsync(IPAddress.Parse("192.0.2.1"), CancellationToken.None)).Text, StringComparison.Ordinal);
        Assert.Contains("deaf.test", Assert.Single(_log.Events), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_says_nothing_is_not_waited_for_longer_than_the_limit()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var lookup = new DnsListLookup(DnsList.ParseAll("block bl.test")!, new SilentResolver(), TimeProvider.System, _log);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await lookup.FindAsync(IPAddress.Parse("192.0.2.1"), stop.Token));
    }

    [Fact]
    public async Task The_words_of_a_list_cannot_end_a_line_or_go_on_for_ever()
    {
        _names.Records.Add("7.2.0.192.bl.test A 127.0.0.2");
        _names.Records.Add("7.2.0.192.bl.test TXT bad\r\n250 ok " + new string('x', 2000));
        var text = (await Lookup(DnsList.ParseAll("block bl.test")!).FindAsync(IPAddress.Parse("192.0.2.7"), CancellationToken.None)).Text;
        Assert.StartsWith("bad??250 ok xxx", text, StringComparison.Ordinal);
        Assert.Equal(300, text.Length);
    }

    [Theory]
    [InlineData("bl.test")]
    [InlineData("deny bl.test")]
    [InlineData("block")]
    [InlineData("block bl.test/2")]
    [InlineData("block bl..test/127.0.0.2; permit x")]
    [InlineData("block b@l.test")]
    public void What_is_no_list_is_refused(string text) => Assert.Null(DnsList.ParseAll(text));

    [Theory]
    [InlineData("192.0.2.1", null, "ada@example.test", "554 5.7.1 Seen sending")]
    [InlineData("192.0.2.1", null, "nobody@example.test", "554 5.7.1 Seen sending")]
    [InlineData("192.0.2.1", null, "x@example.net", "550 5.7.1 Relaying denied")]
    [InlineData("192.0.2.1", "ada@example.test", "ada@example.test", "250")]
    [InlineData("192.0.2.9", null, "ada@example.test", "250")]
    [InlineData("10.1.1.1", null, "ada@example.test", "250")]
    [InlineData("10.2.1.1", null, "ada@example.test", "250")]
    [InlineData("10.3.1.1", null, "ada@example.test", "250")]
    [InlineData("10.4.1.1", null, "ada@example.test", "554")]
    public async Task A_listed_peer_is_refused_at_each_recipient_and_those_who_are_known_are_not_looked_up(string peer, string? user, string recipient, string reply)
    {
        _names.Records.AddRange(["1.1.1.10.bl.test A 127.0.0.2", "1.1.2.10.bl.test A 127.0.0.2", "1.1.3.10.bl.test A 127.0.0.2", "1.1.4.10.bl.test A 127.0.0.2"]);
        var relay = Relay("block bl.test", "10.2 relay", "10.3 allow,BLOCK");
        var (answer, _) = await relay.AddRecipientAsync(Begin(PeerAt(peer, user)), MailAddress.Parse(recipient), CancellationToken.None);
        Assert.StartsWith(reply, $"{answer.Code} {answer.Status} {answer.Text}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_it_is_wanted_a_listed_peer_is_not_greeted()
    {
        var relay = Relay("allow wl.test; block bl.test", drops: true);
        Assert.Equal(554, (await relay.WelcomeAsync(ConnectionFrom("192.0.2.1"), CancellationToken.None)).Refusal!.Code);
        Assert.Null((await relay.WelcomeAsync(ConnectionFrom("192.0.2.5"), CancellationToken.None)).Refusal);
        Assert.Null((await Relay("block bl.test").WelcomeAsync(ConnectionFrom("192.0.2.1"), CancellationToken.None)).Refusal);
    }

    [Fact]
    public async Task Who_is_on_an_allow_list_is_not_put_off_by_the_greylist()
    {
        using var greylist = new Greylist(new GreylistSettings(Path.Combine(_bench.Settings.SpoolDirectory, "greylist")), _bench.Clock, NullLogger.Instance);
        _bench.Settings = _bench.Settings with { Greylist = greylist };
        var relay = Relay("allow wl.test");
        Assert.Equal(250, await RecipientAsync(relay, Begin(PeerAt("192.0.2.5")), "ada@example.test"));
        Assert.Equal(451, await RecipientAsync(relay, Begin(PeerAt("192.0.2.6")), "ada@example.test"));
    }

    private DnsListLookup Lookup(IReadOnlyList<DnsList> lists) => new(lists, _names, _bench.Clock, _log);

    private RelayReception Relay(string lists, params string[] rules) => Relay(lists, drops: false, rules);

    private RelayReception Relay(string lists, bool drops, params string[] rules)
    {
        var access = new AccessSettings("mx.example.test")
        {
            Lists = Lookup(DnsList.ParseAll(lists)!),
            DropsListed = drops,
            Rules = [.. rules.Select(rule => rule.Split(' ')).Select(words => new AccessRule(AccessScope.Parse(words[0])!, AccessEntry.Parse(words[1], out _)!))],
        };
        return new RelayReception(
            _bench.Settings with { Access = new AccessPolicy(access, _bench.Clock, NullLogger.Instance), Networks = [IPNetwork.Parse("10.1.0.0/16")] },
            _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);
    }

    private sealed class SilentResolver : IDnsResolver
    {
        public async ValueTask<DnsAnswer> ResolveAsync(string name, DnsType type, CancellationToken ct)
        {
            await Task.Delay(Timeout.Infinite, ct);
            throw new InvalidOperationException();
        }
    }
}
