using System.Net;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Hosting;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Mta.Reception;
using Courier.Mta.Reception.Access;
using Courier.Net;
using Courier.Queue;
using Courier.Smtp.Server;
using Courier.Tests.Mta.Remote;
using Courier.Tests.Shared.Smtp;
using Microsoft.Extensions.Logging.Abstractions;
using static Courier.Tests.Mta.Reception.ReceptionBench;

namespace Courier.Tests.Mta.Reception.Access;

/// <summary>What the lists do to recipients and sessions, and that files are followed.</summary>
public sealed class AccessPolicyTests : IDisposable
{
    private readonly ReceptionBench _bench = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("courier-access-").FullName;
    private readonly RecordingLogger _log = new();

    public void Dispose()
    {
        _bench.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("192.0.2.1", null, "250")]
    [InlineData("192.0.2.2", null, "550 5.7.1 Relaying denied")]
    [InlineData("192.0.2.3", null, "550 5.7.1 Relaying denied")]
    [InlineData("192.0.2.3", "ada@example.test", "250")]
    public async Task RELAYCLIENT_lets_a_peer_send_to_anybody(string peer, string? user, string reply) =>
        Assert.StartsWith(reply, await RecipientAsync(With(("smtpaccess", "192.0.2.1\tallow,RELAYCLIENT\n192.0.2.2\tallow\n")), peer, user, "someone@example.net"), StringComparison.Ordinal);

    [Theory]
    [InlineData("192.0.2.1", NotifyOn.Default, NotifyOn.Never, true)]
    [InlineData("192.0.2.1", NotifyOn.Success, NotifyOn.Success, true)]
    [InlineData("192.0.2.2", NotifyOn.Default, NotifyOn.Success | NotifyOn.Delay, false)]
    [InlineData("192.0.2.3", NotifyOn.Default, NotifyOn.Default, false)]
    public async Task What_senders_want_to_hear_of_may_be_said_for_those_who_do_not_say(string peer, NotifyOn said, NotifyOn notify, bool isFull)
    {
        var relay = With(("smtpaccess", "192.0.2.1\tallow,DSNNOTIFY=N,DSNRET=F\n192.0.2.2\tallow,DSNNOTIFY=SD\n"));
        var transaction = Begin(PeerAt(peer));
        transaction.Recipients.Add(new SmtpRecipient(MailAddress.Parse("ada@example.test"), said, null));
        await AcceptAsync(relay, transaction, "Subject: x\r\n\r\n");
        var envelope = _bench.Queue.Messages.Single().Envelope;
        Assert.Equal((notify, isFull), (envelope.Recipients.Single().Notify, envelope.ReturnFull));
    }

    [Theory]
    [InlineData("192.0.2.1", false, false)]
    [InlineData("192.0.2.2", true, true)]
    public void What_is_asked_of_all_is_not_asked_of_those_for_whom_the_list_says_so(string peer, bool login, bool tls)
    {
        Write("smtpaccess", "192.0.2.1\tallow,AUTH_REQUIRED=0,ESMTP_TLS_REQUIRED=0\n");
        var policy = new AccessPolicy(new AccessSettings("mx.example.test") { List = Path.Combine(_directory, "smtpaccess"), LoginRequired = true, TlsRequired = true }, _bench.Clock, NullLogger<AccessPolicy>.Instance);
        var terms = policy.SessionTermsOf(ConnectionFrom(peer));
        Assert.Equal((login, tls), (terms.AuthRequired, terms.TlsRequired));
    }

    [Theory]
    [InlineData("192.0.2.1", "ada@example.test", null, "554 5.7.1 Go away")]
    [InlineData("192.0.2.1", "nobody@example.test", null, "554 5.7.1 Go away")]
    [InlineData("192.0.2.1", "someone@example.net", null, "550 5.7.1 Relaying denied")]
    [InlineData("192.0.2.1", "ada@example.test", "ada@example.test", "250")]
    [InlineData("192.0.2.2", "ada@example.test", null, "450 4.7.1 Later")]
    [InlineData("192.0.2.3", "ada@example.test", null, "250")]
    public async Task BLOCK_refuses_in_the_operator_s_words(string peer, string recipient, string? user, string reply) =>
        Assert.StartsWith(reply, await RecipientAsync(
            With(("smtpaccess", "192.0.2.1\tallow,BLOCK=Go away\n192.0.2.2\tallow,BLOCK=450 Later\n192.0.2.3\tallow,BLOCK=\n")), peer, user, recipient), StringComparison.Ordinal);

    [Fact]
    public async Task The_value_of_RELAYCLIENT_goes_behind_each_recipient()
    {
        var relay = With(("smtpaccess", "192.0.2.1\tallow,RELAYCLIENT=.via.example\n"));
        var (_, address) = await relay.AddRecipientAsync(Begin(), MailAddress.Parse("\"a b\"@example.net"), CancellationToken.None);
        Assert.Equal("\"a b\"@example.net.via.example", address!.ToString());
    }

    [Theory]
    [InlineData("x@backup.example", "250")]
    [InlineData("x@sub.backup.example", "550")]
    [InlineData("x@a.wild.example", "250")]
    [InlineData("x@not.wild.example", "550")]
    [InlineData("x@mx.example.test", "250")]
    [InlineData("x@from.dir.example", "250")]
    [InlineData("nobody@example.test", "550")]
    public async Task Mail_for_listed_domains_is_taken_from_anybody(string recipient, string reply)
    {
        Directory.CreateDirectory(Path.Combine(_directory, "esmtpacceptmailfor.dir"));
        var relay = With(("esmtpacceptmailfor", "# ours\nbackup.example\n!not.wild.example\n.wild.example\n*\n"), ("esmtpacceptmailfor.dir/more", "from.dir.example\n"));
        Assert.StartsWith(reply, await RecipientAsync(relay, "203.0.113.1", null, recipient), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("someone%inside.example@example.test", "250", "someone@inside.example")]
    [InlineData("ada%example.org%example.test@example.test", "550", null)]
    [InlineData("someone%outside.example@example.test", "550", null)]
    [InlineData("someone%inside.example@example.net", "550", null)]
    [InlineData("%inside.example@example.test", "550", null)]
    public async Task Percent_addresses_go_on_to_listed_domains(string recipient, string reply, string? becomes)
    {
        var (answer, address) = await With(("esmtppercentrelay", "inside.example\nexample.test\n")).AddRecipientAsync(Begin(), MailAddress.Parse(recipient), CancellationToken.None);
        Assert.StartsWith(reply, answer.Code.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        Assert.Equal(becomes, address?.ToString());
    }

    [Fact]
    public void The_terms_of_a_session_are_those_of_the_list()
    {
        var policy = Policy(("smtpaccess", "192.0.2.1\tdeny\n192.0.2.2\tallow,SIZELIMIT=5000,AUTH_REQUIRED=1,ESMTP_TLS_REQUIRED=1,TARPIT=0,MAXCPERIP=3\n"));
        Assert.Equal(554, policy.SessionTermsOf(ConnectionFrom("192.0.2.1")).Refusal!.Code);
        Assert.Equal("554 5.7.1 Access denied\r\n"u8.ToArray(), policy.PeerTermsOf(ConnectionFrom("192.0.2.1")).Denial!.Value.ToArray());
        var terms = policy.SessionTermsOf(ConnectionFrom("192.0.2.2"));
        Assert.Equal((null, 5000L, true, true, true), (terms.Refusal, terms.MessageBytes, terms.AuthRequired, terms.TlsRequired, terms.IsForgiven));
        Assert.Equal((null, 3), (policy.PeerTermsOf(ConnectionFrom("192.0.2.2")).Denial, policy.PeerTermsOf(ConnectionFrom("192.0.2.2")).ConnectionsMax));
        Assert.Equal(SessionTerms.Usual, policy.SessionTermsOf(ConnectionFrom("192.0.2.3")));
    }

    [Fact]
    public void An_edit_counts_after_a_second_and_one_with_a_mistake_does_not()
    {
        var policy = Policy(("smtpaccess", "192.0.2.1\tdeny\n"));
        Assert.True(policy.EntryOf(ConnectionFrom()).IsDenied);
        Write("smtpaccess", "192.0.2.9\tdeny\n192.0.2.1\tallow,RELAYCLIENT\n");
        Assert.True(policy.EntryOf(ConnectionFrom()).IsDenied);
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(policy.EntryOf(ConnectionFrom()).MayRelay);
        Write("smtpaccess", "192.0.2.1\tallow\n192.0.2.999\tdeny\n");
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(policy.EntryOf(ConnectionFrom()).MayRelay);
        Assert.Contains("smtpaccess:2: found “192.0.2.999", Assert.Single(_log.Events), StringComparison.Ordinal);
        Write("smtpaccess", "192.0.2.1\tallow\n");
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(policy.EntryOf(ConnectionFrom()).MayRelay);
    }

    [Fact]
    public void A_directory_is_read_without_what_editors_and_package_managers_left()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "smtpaccess"));
        var policy = Policy(("smtpaccess/default", "192.0.2.1\tdeny\n"), ("smtpaccess/default~", "192.0.2.2\tdeny\n"), ("smtpaccess/.hidden", "192.0.2.3\tdeny\n"),
            ("smtpaccess/own", "192.0.2.4\tdeny\n"), ("smtpaccess/own.dpkg-old", "192.0.2.5\tdeny\n"), ("smtpaccess/default.dist", "192.0.2.6\tdeny\n"));
        Assert.Equal([1, 4], Enumerable.Range(1, 6).Where(n => policy.EntryOf(ConnectionFrom($"192.0.2.{n}")).IsDenied));
        Write("smtpaccess/own.rpmnew", "192.0.2.7\tdeny\n");
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(policy.EntryOf(ConnectionFrom("192.0.2.7")).IsDenied);
        Assert.Contains("own.rpmnew", Assert.Single(_log.Events), StringComparison.Ordinal);
    }

    [Fact]
    public void What_courier_conf_says_of_a_network_counts_before_the_file()
    {
        Write("smtpaccess", "192.0.2\tdeny\n10\tallow,RELAYCLIENT\n");
        Write("courier.conf", "[server]\nstate = /x\n[access]\nnetwork.192.0.2.0/24 = relay, size=1MiB\nnetwork.2001:db8::/32 = deny\n[access @ listener submission]\nnetwork.10.1.0.0/16 = deny\n");
        var (settings, problems) = Settings.Load(new CourierFiles(_directory), new NativeFile(Path.Combine(_directory, "courier.conf")));
        Assert.Empty(problems);
        Assert.Empty(ListFiles.Problems(settings!));
        using var policies = new ReceptionPolicies(new FakeResolver(), _bench.Clock, NullLoggerFactory.Instance);
        var smtp = policies.AccessOf(settings!.Defaults);
        Assert.Equal((true, 1L << 20), (smtp.EntryOf(ConnectionFrom()).MayRelay, smtp.EntryOf(ConnectionFrom()).MessageBytes));
        Assert.True(smtp.EntryOf(ConnectionFrom("2001:db8::1")).IsDenied);
        Assert.True(smtp.EntryOf(ConnectionFrom("10.1.2.3")).MayRelay);
        Assert.True(policies.AccessOf(settings.For(new SettingsContext { Listener = "submission" })).EntryOf(ConnectionFrom("10.1.2.3")).IsDenied);
    }

    [Fact]
    public void Strangers_wait_for_the_greeting_and_those_who_are_known_do_not()
    {
        Write("courier.conf", "[server]\nstate = /x\n[access]\ngreeting_delay = 3s\nnetwork.10.0.0.0/8 = allow\nnetwork.* = allow\n");
        var (settings, _) = Settings.Load(new NativeFile(Path.Combine(_directory, "courier.conf")));
        using var policies = new ReceptionPolicies(new FakeResolver(), _bench.Clock, NullLoggerFactory.Instance);
        var policy = policies.AccessOf(settings!.Defaults);
        Assert.Equal(TimeSpan.FromSeconds(3), policy.SessionTermsOf(ConnectionFrom()).GreetingDelay);
        Assert.Equal(TimeSpan.Zero, policy.SessionTermsOf(ConnectionFrom("10.1.1.1")).GreetingDelay);
        Assert.Equal(TimeSpan.Zero, policy.SessionTermsOf(ConnectionFrom("127.0.0.1")).GreetingDelay);
    }

    [Fact]
    public void Esmtpd_says_who_may_connect_to_which_service_and_courier_conf_has_the_last_word()
    {
        Write("smtpaccess-msa", "10\tdeny\n");
        Write("esmtpd", """
            ##NAME: MAXDAEMONS:0
            MAXDAEMONS=41
            MAXPERC="7"
            MAXPERIP='6'   # comment
            TARPIT=0
              BLACKLISTS="-allow=wl.test -block='bl.test,BLOCK/127.0.0.2,Go; away' -block=other.test,BLOCK2 -block=txt.test,BLOCK,*"
            DROP=-drop
            BOFHCHECKDNS=1
            PATH=/usr/bin:$PATH
            PORT=smtp
            COLOUR=blue
            """);
        Write("esmtpd-msa", "BLACKLISTS=\"\"\nMAXPERIP=60\nACCESSFILE=${sysconfdir}/smtpaccess-msa\nDROP=\n");
        Write("courier.conf", "[server]\nstate = /x\n[limits]\nconnections_per_network = 70\n");
        var files = new CourierFiles(_directory);
        var (settings, problems) = Settings.Load(files, new NativeFile(Path.Combine(_directory, "courier.conf")));
        Assert.Empty(problems);
        var (smtp, msa, imap) = (Of("smtp"), Of("submission"), Of("imap"));
        Assert.Equal((41, 70, 6), (smtp.Get(LimitKeys.Connections), smtp.Get(LimitKeys.ConnectionsPerNetwork), smtp.Get(LimitKeys.ConnectionsPerPeer)));
        Assert.Equal((41, 70, 60), (msa.Get(LimitKeys.Connections), msa.Get(LimitKeys.ConnectionsPerNetwork), msa.Get(LimitKeys.ConnectionsPerPeer)));
        Assert.Equal((20_000, 70, 1000), (imap.Get(LimitKeys.Connections), imap.Get(LimitKeys.ConnectionsPerNetwork), imap.Get(LimitKeys.ConnectionsPerPeer)));
        Assert.Equal((TimeSpan.Zero, true, true), (smtp.Get(LimitKeys.RefusalDelay), smtp.Get(AccessKeys.DropListed), smtp.Get(SenderKeys.CheckDomain)));
        Assert.Equal(["allow wl.test ", "block bl.test Go, away", "block txt.test "],
            smtp.Get(AccessKeys.DnsLists)!.Select(list => $"{(list.IsAllowList ? "allow" : "block")} {list.Zone} {list.Text}"));
        Assert.Equal("127.0.0.2", Assert.Single(smtp.Get(AccessKeys.DnsLists)![1].Answers).ToString());
        Assert.Empty(msa.Get(AccessKeys.DnsLists)!);
        Assert.False(msa.Get(AccessKeys.DropListed));
        Assert.Equal(Path.Combine(_directory, "smtpaccess-msa"), msa.Get(AccessKeys.AccessList));
        Assert.Null(smtp.Get(AccessKeys.AccessList));
        Assert.Equal(["esmtpd:9: PATH: the shell is not run", "esmtpd:10: PORT: [smtp] listen says where", "esmtpd:11: COLOUR: not known here"],
            files.Uses.Where(use => use.Setting is null).Select(use => $"{Path.GetFileName(use.Path)}: {use.Reason}"));

        SettingsValues Of(string listener) => settings!.For(new SettingsContext { Listener = listener });
    }

    [Fact]
    public void The_limit_of_a_header_comes_from_bofh()
    {
        Write("bofh", "opt BOFHHEADERLIMIT=50000\n");
        Write("sizecheck", "500 20 128K\n");
        var files = new CourierFiles(_directory);
        var (settings, _) = Settings.Load(files, new CommandLineSource(["server.state=/x"]));
        Assert.Equal(50_000, settings!.Defaults.Get(LimitKeys.HeaderSize));
        Assert.Contains(files.Uses, use => use.Path.EndsWith("sizecheck:1", StringComparison.Ordinal) && use.Setting == "[limits] free_files = 20");
        Write("bofh", "opt BOFHHEADERLIMIT=10\n");
        Assert.Contains("bofh:1", Assert.Single(Settings.Load(new CourierFiles(_directory), new CommandLineSource(["server.state=/x"])).Problems).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MAXDAEMONS=many", "esmtpd:1")]
    [InlineData("# x\nBLACKLISTS=\"-block=b@d\"", "esmtpd:2")]
    [InlineData("BLACKLISTS=\"nonsense\"", "esmtpd:1")]
    public void A_mistake_in_esmtpd_is_told_with_its_line(string text, string where)
    {
        Write("esmtpd", text);
        var (_, problems) = Settings.Load(new CourierFiles(_directory), new CommandLineSource(["server.state=/x"]));
        Assert.Contains(where, Assert.Single(problems).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("network.example.org = deny", "a network, as")]
    [InlineData("network.10.0.0.0/8 = perhaps", "deny, or allow")]
    public void A_mistake_in_courier_conf_is_told_with_its_line(string line, string expected)
    {
        Write("courier.conf", $"[server]\nstate = /x\n[access]\n{line}\n");
        var (_, problems) = Settings.Load(new NativeFile(Path.Combine(_directory, "courier.conf")));
        Assert.Contains("courier.conf:4", Assert.Single(problems).ToString(), StringComparison.Ordinal);
        Assert.Contains(expected, problems[0].Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_in_a_named_file_is_found_before_the_start()
    {
        Write("smtpaccess", "10\tallow,FAXRELAYCLIENT\n192.0.2\tperhaps\n");
        var files = new CourierFiles(_directory);
        var (settings, _) = Settings.Load(files, new CommandLineSource(["server.state=/x", "relay.esmtpacceptmailfor=/nowhere/at-all"]));
        var problems = ListFiles.Problems(settings!).Select(problem => problem.ToString()).ToList();
        Assert.Contains(problems, problem => problem.Contains("smtpaccess:2", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.StartsWith("/nowhere/at-all", StringComparison.Ordinal));
        Assert.Contains(files.Uses, use => use.Path.EndsWith("smtpaccess:1", StringComparison.Ordinal) && use.Reason == "FAXRELAYCLIENT does nothing here");
    }

    private RelayReception With(params (string Name, string Text)[] files) => new(
        _bench.Settings with { Access = Policy(files) }, _bench.Accounts, _bench.Queue, _bench.Clock, NullLogger<RelayReception>.Instance);

    private AccessPolicy Policy(params (string Name, string Text)[] files)
    {
        foreach (var (name, text) in files)
            Write(name, text);
        return new AccessPolicy(
            new AccessSettings("mx.example.test")
            {
                List = Path.Combine(_directory, "smtpaccess"),
                DomainList = Path.Combine(_directory, "esmtpacceptmailfor"),
                PercentList = Path.Combine(_directory, "esmtppercentrelay"),
            },
            _bench.Clock, _log);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_directory, name), text);

    private static async Task<string> RecipientAsync(RelayReception relay, string peer, string? user, string recipient)
    {
        var (reply, _) = await relay.AddRecipientAsync(Begin(PeerAt(peer, user)), MailAddress.Parse(recipient), CancellationToken.None);
        return $"{reply.Code} {reply.Status} {reply.Text}";
    }
}
