using System.Net;
using Courier.Configuration;
using Courier.Configuration.Keys;
using Courier.Hosting;
using Courier.Mail.Addresses;
using Courier.Mta.Reception.Senders;

namespace Courier.Tests.Program;

/// <summary>Courier's files of one value, and its module files.</summary>
public sealed class CourierFilesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("courier-files").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private (SettingsValues? Values, IReadOnlyList<ConfigurationProblem> Problems, CourierFiles Files) Load(params (string Name, string Text)[] files)
    {
        foreach (var (name, text) in files)
            File.WriteAllText(Path.Combine(_directory, name), text);
        var courier = new CourierFiles(_directory);
        var (settings, problems) = Settings.Load(courier, new CommandLineSource(["server.state=/x"]));
        return (settings?.Defaults, problems, courier);
    }

    [Theory]
    [InlineData("1w", 604_800)]
    [InlineData("1w2d", 777_600)]
    [InlineData("5m", 300)]
    [InlineData("90", 90)]
    [InlineData("1h30m10s", 5410)]
    [InlineData("# four days\n4d\n", 345_600)]
    public void Times_are_Courier_s(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Load(("queuetime", text)).Values!.Get(QueueKeys.QueueTime));

    [Fact]
    public void Every_file_sets_its_key()
    {
        var (values, problems, files) = Load(
            ("queuetime", "3d\n"), ("warntime", "0\n"), ("retryalpha", "1m\n"), ("retrybeta", "5\n"), ("retrygamma", "2m\n"), ("retrymaxdelta", "0\n"), ("submitdelay", "10\n"),
            ("batchsize", "7\n"), ("backuprelay", "relay.example.org\n"), ("ipout", "192.0.2.7\n"), ("ip6out", "2001:db8::7\n"),
            ("module.esmtp", "MAXDELS=11\nMAXHOST=3\nCOLOUR=blue\n"), ("module.local", "MAXDELS=12\n"), ("queuelo", "100\n"));
        Assert.Empty(problems);
        Assert.Equal(TimeSpan.FromDays(3), values!.Get(QueueKeys.QueueTime));
        Assert.Equal(TimeSpan.Zero, values.Get(QueueKeys.WarnAfter));
        Assert.Equal(TimeSpan.FromMinutes(1), values.Get(QueueKeys.RetryFirst));
        Assert.Equal((5, TimeSpan.FromMinutes(2), 0), (values.Get(QueueKeys.RetryRound), values.Get(QueueKeys.RetryRoundWait), values.Get(QueueKeys.RetryDoublings)));
        Assert.Equal((TimeSpan.FromSeconds(10), 7, "relay.example.org"), (values.Get(QueueKeys.SubmitDelay), values.Get(QueueKeys.BatchSize), values.Get(QueueKeys.BackupRelay)));
        Assert.Equal((IPAddress.Parse("192.0.2.7"), IPAddress.Parse("2001:db8::7")), (values.Get(RelayKeys.SourceV4), values.Get(RelayKeys.SourceV6)));
        Assert.Equal((11, 3, 12), (values.Get(QueueKeys.AttemptsAtOnce), values.Get(QueueKeys.AttemptsPerDestination), values.Get(QueueKeys.LocalAttempts)));
        Assert.Equal(["module.esmtp:3", "queuelo"], files.Uses.Where(use => use.Setting is null).Select(use => Path.GetFileName(use.Path)));
    }

    [Theory]
    [InlineData("2\n", "MAXRCPT=100\n", 2)]
    [InlineData("100\n", "MAXRCPT=2\n", 2)]
    [InlineData("", "MAXRCPT=2\nMAXRCPT=50\n", 50)]
    public void Of_batchsize_and_MAXRCPT_the_smaller_counts(string batch, string module, int recipients) =>
        Assert.Equal(recipients, Load(("batchsize", batch), ("module.esmtp", module)).Values!.Get(QueueKeys.BatchSize));

    [Fact]
    public void The_certificate_of_esmtpd_serves_all_listeners_where_it_can_be_read()
    {
        var file = Path.Combine(_directory, "mail.pem");
        File.WriteAllText(file, "");
        var (values, problems, files) = Load(("esmtpd", $"TLS_CERTFILE={file}\nTLS_PRIVATE_KEYFILE={file}.none\n"), ("esmtpd-ssl", $"TLS_CERTFILE={file}.other\n"));
        Assert.Empty(problems);
        Assert.Equal((file, null), (values!.Get(TlsKeys.Certificate), values.Get(TlsKeys.CertificateKey)));
        Assert.Equal(["esmtpd:2", "esmtpd-ssl:1"], files.Uses.Where(use => use.Setting is null).Select(use => Path.GetFileName(use.Path)));
    }

    [Fact]
    public void The_access_list_that_esmtpd_names_counts_before_the_one_beside_it()
    {
        Load(("smtpaccess", "127.0.0.2\tallow\n"), ("others", "127.0.0.3\tallow\n"), ("esmtpd-msa", "ACCESSFILE=${sysconfdir}/others\n"));
        var (settings, _) = Settings.Load(new CourierFiles(_directory), new CommandLineSource(["server.state=/x"]));
        Assert.Equal(["smtpaccess", "others"], new[] { "smtp", "submission" }.Select(listener => Path.GetFileName(settings!.For(new SettingsContext { Listener = listener }).Get(AccessKeys.AccessList))));
    }

    [Fact]
    public void Every_file_of_sending_sets_its_key()
    {
        var (values, problems, files) = Load(
            ("esmtphelo", "out.example.org\n"), ("esmtpdelay", "2m\n"), ("esmtptimeout", "7m\n"), ("esmtptimeoutconnect", "20\n"), ("esmtptimeouthelo", "3m\n"), ("esmtptimeoutdata", "8m\n"),
            ("esmtptimeoutkeepalive", "45\n"), ("dsnfrom", "\"Mail\" <postmaster@example.org>\n"), ("dsnlimit", "4096\n"), ("esmtproutes", "far.test:[192.0.2.1]\n"), ("esmtpauthclient", "[192.0.2.1] carol secret\n"),
            ("esmtptimeoutquit", "10\n"));
        Assert.Empty(problems);
        Assert.Equal("out.example.org", values!.Get(RelayKeys.Helo));
        Assert.Equal(TimeSpan.FromMinutes(2), values.Get(RelayKeys.Pause));
        Assert.Equal(TimeSpan.FromMinutes(7), values.Get(RelayKeys.CommandTimeout));
        Assert.Equal(TimeSpan.FromSeconds(20), values.Get(RelayKeys.ConnectTimeout));
        Assert.Equal(TimeSpan.FromMinutes(3), values.Get(RelayKeys.GreetingTimeout));
        Assert.Equal(TimeSpan.FromMinutes(8), values.Get(RelayKeys.DataTimeout));
        Assert.Equal(TimeSpan.FromSeconds(45), values.Get(RelayKeys.Idle));
        Assert.Equal("\"Mail\" <postmaster@example.org>", values.Get(ReportKeys.ReportFrom));
        Assert.Equal(4096, values.Get(ReportKeys.ReportSize));
        Assert.Equal(Path.Combine(_directory, "esmtproutes"), values.Get(RelayKeys.Routes));
        Assert.Equal(Path.Combine(_directory, "esmtpauthclient"), values.Get(RelayKeys.Logins));
        Assert.Contains(files.Uses, use => use.Setting is null && use.Path.EndsWith("esmtptimeoutquit", StringComparison.Ordinal));
    }

    [Fact]
    public void What_esmtpd_asks_of_clients_and_adds_to_messages_holds_for_its_listeners()
    {
        foreach (var (name, text) in new[]
        {
            ("esmtpd", "AUTH_REQUIRED=0\nESMTP_TLS_REQUIRED=\nBOFHNOVRFY=0\nBOFHNOEXPN=1\nNOADDMSGID=1\nNOADDDATE=0\nNOADDRREWRITE=2\nMIME=8bit\nBOFHCHECKHELO=2\nBOFHHEADERLIMIT=5000\n"),
            ("bofh", "opt BOFHCHECKHELO=1\n"),
            ("esmtpd-msa", "AUTH_REQUIRED=1\nESMTP_TLS_REQUIRED=1\nNOADDMSGID=0\nNOADDRREWRITE=1\nMIME=none\n"),
        })
            File.WriteAllText(Path.Combine(_directory, name), text);
        var (settings, problems) = Settings.Load(new CourierFiles(_directory), new CommandLineSource(["server.state=/x"]));
        Assert.Empty(problems);
        var (smtp, submission) = (settings!.For(new SettingsContext { Listener = "smtp" }), settings.For(new SettingsContext { Listener = "submission" }));
        Assert.Equal((false, false, "all", "no", "none", "all", "unsigned"), (smtp.Get(AccessKeys.LoginRequired), smtp.Get(AccessKeys.TlsRequired), smtp.Get(RecipientKeys.Verify), smtp.Get(RecipientKeys.Expand), smtp.Get(HeaderKeys.AddMessageId), smtp.Get(HeaderKeys.AddDate), smtp.Get(HeaderKeys.Change)));
        Assert.Equal((true, true, "all", "none"), (submission.Get(AccessKeys.LoginRequired), submission.Get(AccessKeys.TlsRequired), submission.Get(HeaderKeys.AddMessageId), submission.Get(HeaderKeys.Change)));
        Assert.Equal(("temporary", 5000L), (smtp.Get(SenderKeys.CheckHelo), smtp.Get(LimitKeys.HeaderSize)));
        Assert.Equal(("8bit", "none"), (smtp.Get(BodyKeys.Convert), submission.Get(BodyKeys.Convert)));
    }

    [Fact]
    public void Templates_of_reports_are_found_and_the_fields_of_their_part_left_out()
    {
        var (values, problems, files) = Load(("dsnheader.txt", "Content-Type: text/plain; charset=\"utf-8\"\n\n\nHello from [#ME#]\n"), ("dsnfailed.txt", "These failed:\n"), ("dsnsubjectnotice.txt", "Notice\n"));
        Assert.Empty(problems);
        Assert.Equal(_directory, values!.Get(ReportKeys.ReportTemplates));
        Assert.Equal(3, files.Uses.Count);
        var words = ReportSettings.Of(values).Words;
        Assert.Equal(("Hello from [#ME#]\n", "These failed:\n", "Notice\n", null), (words.Header, words.Failed, words.SubjectNotice, words.Footer));
    }

    [Fact]
    public void Courierd_sets_what_it_says_of_TLS_reports_and_the_archive()
    {
        var authorities = Path.Combine(_directory, "authorities.pem");
        File.WriteAllText(authorities, "");
        var (values, problems, files) = Load(("courierd",
            $"prefix=\"/usr\"\nESMTP_USE_STARTTLS=0\nESMTP_PREFER_IPV6_MX=0\nTLS_TRUSTCERTS={authorities}\nDSNTOAUTHADDR=1\nESMTP_BLOCKBACKSCATTER=smtp/dsn,authsmtp/dsn\nARCHIVEDIR=${{sysconfdir}}/archive\n"
            + "# TLS_PRIORITY=x\nTLS_VERIFYPEER=PEER\nESMTP_CORK=1\nDEFAULTDELIVERY=\"| $HOME/bin/x\"\n"));
        Assert.Empty(problems);
        Assert.False(values!.Get(RelayKeys.StartTls));
        Assert.Equal(("ipv4", authorities, true), (values.Get(RelayKeys.Prefer), values.Get(RelayKeys.Trust), values.Get(ReportKeys.ReportsToAccount)));
        Assert.Equal(2, values.Get(ReportKeys.SilentReports)!.Count);
        Assert.Equal(Path.Combine(_directory, "archive"), values.Get(QueueKeys.Archive));
        Assert.Equal(["courierd:9", "courierd:10", "courierd:11"], files.Uses.Where(use => use.Setting is null).Select(use => Path.GetFileName(use.Path)));
        var (usual, _, _) = Load(("courierd", "ESMTP_USE_STARTTLS=1\nESMTP_PREFER_IPV6_MX=1\nTLS_TRUSTCERTS=/nowhere\nDSNTOAUTHADDR=0\nESMTP_BLOCKBACKSCATTER=\n"));
        Assert.True(usual!.Get(RelayKeys.StartTls));
        Assert.Equal(("ipv6", null, false), (usual.Get(RelayKeys.Prefer), usual.Get(RelayKeys.Trust), usual.Get(ReportKeys.ReportsToAccount)));
        Assert.Empty(usual.Get(ReportKeys.SilentReports)!);
    }

    [Fact]
    public void A_route_that_cannot_be_read_is_a_problem_with_its_line()
    {
        File.WriteAllText(Path.Combine(_directory, "esmtproutes"), "# routes\nfar.test:[192.0.2.1],25\nno colon here\nother.test:[192.0.2.1],many\n");
        var (settings, _) = Settings.Load(new CourierFiles(_directory), new CommandLineSource(["server.state=/x"]));
        Assert.Equal([3, 4], ListFiles.RouteProblems(settings!).Select(problem => problem.Number));
    }

    [Fact]
    public void The_files_of_a_virtual_host_hold_for_it_alone()
    {
        foreach (var (name, text) in new[]
        {
            ("me", "mail.example.org"), ("defaultdomain", "example.org"), ("sizelimit", "0"), ("esmtpgreeting", "mail.example.org ESMTP\nno spam"), ("esmtproutes", ""),
            ("vhost.192.0.2.1", ""), ("me.192.0.2.1", "mx.example.net"), ("defaultdomain.192.0.2.1", "example.net"), ("sizelimit.192.0.2.1", "1000"), ("queuetime.192.0.2.1", "1d"),
            ("vhost.example.com", ""), ("msgidhost.example.com", "ids.example.com"), ("bofh.example.com", "badfrom no@example.com"), ("smtpaccess.example.com", ""), ("me.198.51.100.1", "never.example"),
        })
            File.WriteAllText(Path.Combine(_directory, name), text);
        var courier = new CourierFiles(_directory);
        var (settings, problems) = Settings.Load(courier, new CommandLineSource(["server.state=/x"]));
        Assert.Empty(problems);
        var usual = settings!.Defaults;
        Assert.Equal(("mail.example.org", "example.org", 1L << 40, "mail.example.org ESMTP\nno spam"), (usual.Get(ServerKeys.HostName), usual.Get(AccountKeys.DefaultDomain), usual.Get(LimitKeys.MessageSize), usual.Get(ServerKeys.Greeting)));
        Assert.Equal(Path.Combine(_directory, "esmtproutes"), usual.Get(RelayKeys.Routes));
        var there = settings.For(new SettingsContext { Listener = "smtp", LocalAddress = IPAddress.Parse("192.0.2.1") });
        Assert.Equal(("mx.example.net", "example.net", 1000L), (there.Get(ServerKeys.HostName), there.Get(HeaderKeys.Domain), there.Get(LimitKeys.MessageSize)));
        Assert.Null(there.Get(HeaderKeys.MessageIdHost));
        // Who logs in there from the other host has what holds for both.
        var both = there.ForDomain("Example.com");
        Assert.Equal(("mx.example.net", "ids.example.com"), (both.Get(ServerKeys.HostName), both.Get(HeaderKeys.MessageIdHost)));
        Assert.True(both.Get(SenderKeys.Refused)!.Matches(MailAddress.Parse("no@example.com")));
        Assert.False(there.Get(SenderKeys.Refused)!.Matches(MailAddress.Parse("no@example.com")));
        Assert.Same(there, there.ForDomain("example.info"));
        Assert.Contains(courier.Uses, use => use.Path.EndsWith("queuetime.192.0.2.1", StringComparison.Ordinal) && use.Reason is not null);
        Assert.Equal("mail.example.org", settings.For(new SettingsContext { LocalAddress = IPAddress.Parse("198.51.100.1") }).Get(ServerKeys.HostName));
    }

    [Fact]
    public void A_star_stands_for_the_name_of_the_machine() => Assert.Equal(
        Environment.MachineName.ToLowerInvariant().Split('.')[0] + ".example.org", Load(("me", "*.example.org")).Values!.Get(ServerKeys.HostName));

    [Fact]
    public void A_virtual_host_sends_from_its_own_address()
    {
        foreach (var (name, text) in new[]
        {
            ("ipout", "192.0.2.9"), ("vhost.192.0.2.1", ""), ("ipout.192.0.2.1", ""), ("vhost.192.0.2.2", ""), ("ipout.192.0.2.2", "0"), ("esmtphelo.192.0.2.2", "out.example.net"),
            ("vhost.2001:db8::1", ""), ("ip6out.2001:db8::1", "# itself\n"), ("vhost.example.com", ""), ("ipout.example.com", "192.0.2.3"),
        })
            File.WriteAllText(Path.Combine(_directory, name), text);
        var (settings, problems) = Settings.Load(new CourierFiles(_directory), new CommandLineSource(["server.state=/x", "server.hostname=mail.example.org"]));
        Assert.Empty(problems);
        using var sending = new Courier.Hosting.Sending(settings!, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        string? As(string who, string? host) => sending.IdentityOf(new Courier.Queue.MessageOrigin(who, host is null ? null : IPAddress.Parse(host))) is { } identity
            ? $"{identity.HostName} {identity.Sources.V4} {identity.Sources.V6}"
            : null;
        Assert.Equal("192.0.2.9", sending.Client.Sources!.V4!.ToString());
        Assert.Null(As("198.51.100.1", null));
        Assert.Null(As("198.51.100.1", "192.0.2.77"));
        Assert.Equal("mail.example.org 192.0.2.1 ", As("198.51.100.1", "192.0.2.1"));
        Assert.Equal("out.example.net  ", As("198.51.100.1", "192.0.2.2"));
        Assert.Equal("mail.example.org 192.0.2.9 2001:db8::1", As("198.51.100.1", "2001:db8::1"));
        Assert.Equal("mail.example.org 192.0.2.3 ", As("ada@example.com", null));
        // Both hold, the domain's last.
        Assert.Equal("out.example.net 192.0.2.3 ", As("ada@example.com", "192.0.2.2"));
    }

    [Fact]
    public void Every_directive_of_bofh_sets_its_key()
    {
        var (values, problems, files) = Load(("bofh", """
            # whom we do not want
            badfrom spam@example.org
            badfrom @.spam.example	@spam.example
            badmx 192.0.2.1
            badmx 2001:db8::1
            freemail example.net
            freemail Example.com mail.example.org
            spamtrap trap@example.test
            maxrcpts 50 hard
            opt BOFHCHECKDNS=1
            opt BOFHCHECKHELO=2
            opt BOFHNOBASE64TEXT=1
            opt BOFHSPFHELO=pass,none
            """));
        Assert.Empty(problems);
        var senders = Courier.Hosting.SenderValues.Of(values!, new Mta.Remote.FakeResolver());
        string[] refused = ["spam@example.org", "a@low.spam.example", "a@spam.example"];
        Assert.All(refused, address => Assert.True(senders.Refused.Matches(MailAddress.Parse(address))));
        Assert.False(senders.Refused.Matches(MailAddress.Parse("ham@example.org")));
        Assert.Equal(["192.0.2.1/32", "2001:db8::1/128"], senders.RefusedExchangers.Select(network => network.ToString()));
        Assert.Equal(["example.net"], senders.FreeMail["example.net"]);
        Assert.Equal(["example.com", "mail.example.org"], senders.FreeMail["example.com"]);
        Assert.True(senders.SpamTraps.Matches(MailAddress.Parse("TRAP@example.test")));
        Assert.Equal((50, "refused"), (values!.Get(LimitKeys.Recipients), values.Get(LimitKeys.RecipientsBeyond)));
        Assert.Equal((true, HeloCheck.Temporary), (senders.ChecksDomain, senders.Helo));
        Assert.Equal(["bofh:12", "bofh:13"], files.Uses.Where(use => use.Setting is null).Select(use => Path.GetFileName(use.Path)));
    }

    [Theory]
    [InlineData("badfrom nobody", "nobody")]
    [InlineData("badfrom", "badfrom")]
    [InlineData("badmx host.example", "host.example")]
    [InlineData("maxrcpts many", "many")]
    [InlineData("opt BOFHCHECKHELO=3", "3")]
    [InlineData("freemail -", "-")]
    [InlineData("badfriend a@b.example", "badfriend a@b.example")]
    public void What_bofh_cannot_mean_is_a_problem_with_its_line(string line, string found)
    {
        var (_, problems, _) = Load(("bofh", "# first\n" + line));
        Assert.Equal(("bofh:2", found), (Path.GetFileName(problems.Single().Origin.ToString()), problems.Single().Found));
    }

    [Fact]
    public void Courier_conf_has_the_last_word()
    {
        File.WriteAllText(Path.Combine(_directory, "queuetime"), "3d");
        File.WriteAllText(Path.Combine(_directory, "courier.conf"), "[server]\nstate = /x\n[queue]\nexpire = 4d\n");
        var (settings, _) = Settings.Load(new CourierFiles(_directory), new NativeFile(Path.Combine(_directory, "courier.conf")));
        Assert.Equal(TimeSpan.FromDays(4), settings!.Defaults.Get(QueueKeys.QueueTime));
    }

    [Theory]
    [InlineData("queuetime", "soon", "a time")]
    [InlineData("retrybeta", "0", "a number from 1")]
    [InlineData("ipout", "2001:db8::1", "an IPv4 address")]
    public void What_cannot_be_understood_is_a_problem_with_file_and_line(string file, string text, string expected)
    {
        var problem = Assert.Single(Load((file, "\n" + text)).Problems);
        Assert.Equal((Path.Combine(_directory, file), 2), (problem.Origin.Source, problem.Origin.Line));
        Assert.Contains(expected, problem.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_or_none_says_nothing() => Assert.Empty(Load(("queuetime", "# nothing\n")).Files.Uses);
}
