using System.Net;
using System.Security.Cryptography.X509Certificates;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mta.Delivery.Remote;
using Courier.Queue;
using Courier.Smtp.Client;
using Courier.Tests.Queue;
using Courier.Tests.Smtp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mta.Remote;

/// <summary>What DANE, MTA-STS and the operator ask of a server's TLS, and that nobody gets mail without it.</summary>
public sealed class TlsPolicyTests : IDisposable
{
    private const string Hello = ">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go | tls | <EHLO | >250 srv";

    private static readonly TestAuthority _root = new("CN=Test Root");
    private static readonly TestAuthority _authority = new("CN=Test Authority", _root);
    private static readonly X509Certificate2 _good = _authority.Issue(["mx.example.test"]);
    private static readonly X509Certificate2 _otherName = _authority.Issue(["other.test"]);
    private static readonly X509Certificate2 _expired = _authority.Issue(["mx.example.test"], days: -1);
    private static readonly X509Certificate2 _stranger = new TestAuthority("CN=Stranger").Issue(["mx.example.test"]);

    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"sts-{Guid.NewGuid():N}");
    private readonly RecordingObserver _observer = new();

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    private static X509Certificate2 Named(string name) => name switch
    {
        "good" or "alone" => _good,
        "otherName" => _otherName,
        "expired" => _expired,
        _ => _stranger,
    };

    private async Task<string> ConnectAsync(FakeResolver resolver, string certificate, StsPolicies? sts = null, string script = Hello, HopSecurity security = HopSecurity.WhenOffered)
    {
        await using var server = new ScriptedServer(new IPEndPoint(IPAddress.Loopback, 0), script) { Certificate = Named(certificate), Chain = certificate == "alone" ? [] : [_authority.Certificate] };
        resolver.Records.AddRange(["example.test MX 10 mx.example.test", "mx.example.test A 127.0.0.1"]);
        var connector = SendingParts.Connector(
            new SmtpClientSettings("client.example") { Limits = new SmtpClientLimits { GreetingTimeout = TimeSpan.FromSeconds(5), QuitTimeout = TimeSpan.FromMilliseconds(50) } },
            Ported(resolver, server.Port), sts, new CertificateTrust(_root.Trust), observer: _observer);
        try
        {
            await using var client = await connector.ConnectAsync(new NextHop("example.test", server.Port) { UsesMx = true, IsConfigured = false, Security = security }, default);
            return client.IsVerified ? "verified" : client.IsSecure ? "encrypted" : "clear";
        }
        catch (HopException e)
        {
            Assert.Equal(OutcomeKind.Deferred, e.Kind);
            return e.Status;
        }
    }

    /// <summary>RFC 8689 §4.2.2, by the agent: the published policy is tried first, and goes no further than it goes.</summary>
    [Theory]
    [InlineData(false, HopSecurity.WhenOffered, OutcomeKind.Deferred)]
    [InlineData(true, HopSecurity.WhenOffered, OutcomeKind.Relayed)]
    [InlineData(true, HopSecurity.Required, OutcomeKind.Deferred)]
    public async Task Mail_that_may_go_without_TLS_goes_where_the_policy_cannot_be_met(bool isOptional, HopSecurity security, OutcomeKind expected)
    {
        const string clear = ">220 hi | <EHLO | >250 srv | <MAIL | >250 ok | <RCPT | >250 ok | <DATA | >354 go | . | >250 ok | <QUIT | >221 bye";
        await using var server = new ScriptedServer(new IPEndPoint(IPAddress.Loopback, 0), ">220 hi | <EHLO | >250 srv", clear, clear);
        var resolver = new FakeResolver("example.test MX 10 mx.example.test", "mx.example.test A 127.0.0.1", "_25._tcp.mx.example.test TLSA 3 1 1 00") { IsSecure = true };
        var client = new SmtpClientSettings("client.example") { Limits = new SmtpClientLimits { GreetingTimeout = TimeSpan.FromSeconds(5), QuitTimeout = TimeSpan.FromMilliseconds(500) } };
        var connector = SendingParts.Connector(client, Ported(resolver, server.Port), observer: _observer);
        await using var agent = new EsmtpAgent(
            new NextHop("example.test", server.Port) { UsesMx = true, IsConfigured = false, Security = security }, connector, new EsmtpAgentSettings(client), NullLogger.Instance, TimeProvider.System);
        var envelope = new Envelope(new ReversePath(MailAddress.Parse("ada@example.org")), [new EnvelopeRecipient(MailAddress.Parse("a@example.test"))]) { TlsIsOptional = isOptional };
        var job = new DeliveryJob(new QueueId(1), envelope, [new JobRecipient(0, envelope.Recipients[0], null)], default, MessageBody.OfBytes("x\r\n"u8.ToArray()), TimeProvider.System.GetUtcNow(), "relay");
        Assert.Equal(expected, Assert.Single(await agent.DeliverAsync(job, default)).Kind);
        // Nobody else's mail goes by that connection.
        Assert.Equal(0, agent.IdleConnections);
    }

    private static FakeResolver Ported(FakeResolver resolver, int port)
    {
        for (var i = 0; i < resolver.Records.Count; i++)
            resolver.Records[i] = resolver.Records[i].Replace("_25.", $"_{port}.", StringComparison.Ordinal);
        foreach (var name in resolver.Failing.ToList())
            resolver.Failing.Add(name.Replace("_25.", $"_{port}.", StringComparison.Ordinal));
        return resolver;
    }

    [Theory]
    [InlineData("3 1 1 KEY", "good", "verified")]
    [InlineData("3 0 1 CERT", "good", "verified")]
    [InlineData("3 1 0 SPKI", "good", "verified")]
    [InlineData("3 1 1 KEY", "otherName", "verified")] // RFC 7672 §3.1.1: DANE-EE asks for no name
    [InlineData("3 1 1 KEY", "expired", "verified")]   // ... and no date
    [InlineData("3 1 1 OTHER", "good", "4.7.5")]
    [InlineData("2 0 1 AUTHORITY", "good", "verified")]
    [InlineData("2 1 1 AUTHORITYKEY", "good", "verified")]
    [InlineData("2 1 1 AUTHORITYKEY", "alone", "4.7.5")] // the authority is not sent, and the record does not hold it
    [InlineData("2 0 0 AUTHORITYWHOLE", "alone", "verified")]
    [InlineData("2 1 1 AUTHORITYKEY", "expired", "4.7.5")]
    [InlineData("2 0 0 AUTHORITYWHOLE", "good", "verified")]
    [InlineData("2 0 0 AUTHORITYWHOLE", "otherName", "4.7.5")]
    [InlineData("2 0 0 AUTHORITYWHOLE", "expired", "4.7.5")]
    [InlineData("2 0 0 AUTHORITYWHOLE", "stranger", "4.7.5")]
    [InlineData("0 0 1 CERT", "good", "encrypted")]    // §3.1.3: unusable usages still mean TLS
    [InlineData("3 9 1 KEY", "stranger", "encrypted")]
    [InlineData("3 1 1 00", "stranger", "encrypted")]
    public async Task Dane_holds_a_server_to_its_records(string record, string certificate, string expected)
    {
        var subject = Named(certificate);
        var text = record.Replace("AUTHORITYWHOLE", Convert.ToHexString(_authority.Certificate.RawData), StringComparison.Ordinal)
            .Replace("AUTHORITYKEY", TestAuthority.Sha256OfKey(_authority.Certificate), StringComparison.Ordinal)
            .Replace("AUTHORITY", TestAuthority.Sha256(_authority.Certificate), StringComparison.Ordinal)
            .Replace("KEY", TestAuthority.Sha256OfKey(subject), StringComparison.Ordinal)
            .Replace("CERT", TestAuthority.Sha256(subject), StringComparison.Ordinal)
            .Replace("SPKI", Convert.ToHexString(subject.PublicKey.ExportSubjectPublicKeyInfo()), StringComparison.Ordinal)
            .Replace("OTHER", new string('0', 64), StringComparison.Ordinal);
        Assert.Equal(expected, await ConnectAsync(new FakeResolver($"_25._tcp.mx.example.test TLSA {text}") { IsSecure = true }, certificate));
    }

    [Fact]
    public async Task Dane_wants_tls_and_does_not_fall_back()
    {
        var record = $"_25._tcp.mx.example.test TLSA 3 1 1 {TestAuthority.Sha256OfKey(_good)}";
        Assert.Equal("4.7.5", await ConnectAsync(new FakeResolver(record) { IsSecure = true }, "good", script: ">220 hi | <EHLO | >250 srv"));
        Assert.Equal("4.7.5", await ConnectAsync(new FakeResolver(record) { IsSecure = true }, "good", script: ">220 hi | <EHLO | >250-srv\n250 STARTTLS | <STARTTLS | >220 go | junk"));
        Assert.Equal(["tlsa starttls-not-supported", "tlsa validation-failure"], _observer.Seen);
    }

    [Theory]
    [InlineData("example.test")]
    [InlineData("mx.example.test")]
    public async Task Records_that_nobody_vouches_for_are_not_asked_for(string insecure)
    {
        var resolver = new FakeResolver($"_25._tcp.mx.example.test TLSA 3 1 1 {new string('0', 64)}") { IsSecure = true, Insecure = { insecure } };
        Assert.Equal("encrypted", await ConnectAsync(resolver, "stranger"));
        Assert.DoesNotContain(resolver.Asked, name => name.EndsWith("TLSA", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failed_lookup_of_records_means_later_not_without()
    {
        Assert.Equal("4.7.5", await ConnectAsync(new FakeResolver { IsSecure = true, Failing = { "_25._tcp.mx.example.test TLSA" } }, "good"));
        Assert.Equal(["tlsa dnssec-invalid"], _observer.Seen);
    }

    [Fact]
    public async Task Records_of_the_canonical_name_count()
    {
        var resolver = new FakeResolver("mx.example.test CNAME real.test", "real.test A 127.0.0.1", $"_25._tcp.real.test TLSA 3 1 1 {TestAuthority.Sha256OfKey(_good)}") { IsSecure = true };
        Assert.Equal("verified", await ConnectAsync(resolver, "good"));
    }

    [Theory]
    [InlineData("enforce", "mx.example.test", "good", "verified")]
    [InlineData("enforce", "*.example.test", "good", "verified")]
    [InlineData("enforce", "mx.example.test", "otherName", "4.7.5")]
    [InlineData("enforce", "mx.example.test", "expired", "4.7.5")]
    [InlineData("enforce", "mx.example.test", "stranger", "4.7.5")]
    [InlineData("enforce", "other.example.test", "good", "4.7.5")]
    [InlineData("enforce", "*.test", "good", "4.7.5")]
    [InlineData("testing", "other.example.test", "stranger", "encrypted")] // only reported on
    [InlineData("none", "other.example.test", "stranger", "encrypted")]
    public async Task Mta_sts_holds_a_server_to_its_policy_when_it_is_enforced(string mode, string host, string certificate, string expected)
    {
        var resolver = new FakeResolver("_mta-sts.example.test TXT v=STSv1; id=1;");
        Assert.Equal(expected, await ConnectAsync(resolver, certificate, Policies(resolver, _ => Policy(mode, host))));
    }

    [Fact]
    public async Task Dane_goes_before_mta_sts()
    {
        var resolver = new FakeResolver("_mta-sts.example.test TXT v=STSv1; id=1;", $"_25._tcp.mx.example.test TLSA 3 1 1 {new string('0', 64)}") { IsSecure = true };
        Assert.Equal("4.7.5", await ConnectAsync(resolver, "good", Policies(resolver, _ => Policy("enforce", "mx.example.test"))));
        Assert.Equal(["tlsa validation-failure"], _observer.Seen);
    }

    [Theory]
    [InlineData("good", "verified")]
    [InlineData("otherName", "4.7.5")]
    [InlineData("stranger", "4.7.5")]
    public async Task A_hop_to_be_verified_has_a_certificate_for_its_name(string certificate, string expected) =>
        Assert.Equal(expected, await ConnectAsync(new FakeResolver(), certificate, security: HopSecurity.Verified));

    [Theory]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 86400\n", "Enforce a.test 86400")]
    [InlineData("version: STSv1\r\nmode: testing\r\nmx: a.test\r\nmx: *.B.test\r\nmax_age: 1\r\nunknown: x\r\n", "Testing a.test,*.b.test 1")]
    [InlineData("version: STSv1\nmode: none\nmax_age: 1\n", "None  1")]
    [InlineData("version: STSv1\nmode: enforce\nmx: mx.BÜCHER.test\nmx: *.bücher.test\nmax_age: 1\n", "Enforce mx.xn--bcher-kva.test,*.xn--bcher-kva.test 1")]
    [InlineData("version: STSv1\nmode: enforce\nmode: none\nmx: a.test\nmax_age: 1\nmax_age: 2", "Enforce a.test 1")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 1\n", null)]
    [InlineData("version: STSv1\nmode: maybe\nmx: a.test\nmax_age: 1\n", null)]
    [InlineData("version: STSv2\nmode: enforce\nmx: a.test\nmax_age: 1\n", null)]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 99999999\n", null)]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.test\n", null)]
    [InlineData("", null)]
    public void A_policy_is_read_or_refused(string text, string? expected)
    {
        var policy = StsPolicy.Parse("x.test", text);
        Assert.Equal(expected, policy is null ? null : $"{policy.Mode} {string.Join(',', policy.Hosts)} {policy.MaxAge.TotalSeconds}");
    }

    [Theory]
    [InlineData("v=STSv1; id=20260101T00;", "20260101T00")]
    [InlineData("v=STSv1;id=1", "1")]
    [InlineData("v=STSv1; ext=x; id=1;", "1")]
    [InlineData("v=STSv1;", null)]
    [InlineData("v=STSv1; id=a-b;", null)]
    [InlineData("v=STSv2; id=1;", null)]
    public void The_record_names_the_policy(string record, string? id) => Assert.Equal(id, StsPolicy.IdOf(record));

    [Fact]
    public async Task A_policy_outlives_its_record_a_failed_fetch_and_a_restart_but_not_its_time()
    {
        var resolver = new FakeResolver("_mta-sts.example.test TXT v=STSv1; id=1;");
        var clock = new ManualClock();
        var fetched = 0;
        Func<string, string> fetch = _ => fetched++ == 0 ? Policy("enforce", "mx.example.test") : throw new IOException("gone");
        var policies = Policies(resolver, fetch, clock);
        Assert.NotNull(await policies.FindAsync("example.test", default));
        Assert.NotNull(await policies.FindAsync("example.test", default));
        Assert.Equal(1, fetched);

        resolver.Records[0] = "_mta-sts.example.test TXT v=STSv1; id=2;";
        Assert.NotNull(await policies.FindAsync("example.test", default));
        Assert.NotNull(await policies.FindAsync("example.test", default));
        Assert.Equal(2, fetched);

        resolver.Records.Clear();
        policies = Policies(resolver, fetch, clock);
        Assert.Equal(StsMode.Enforce, (await policies.FindAsync("example.test", default))!.Mode);
        clock.Advance(TimeSpan.FromDays(8));
        Assert.Null(await policies.FindAsync("example.test", default));
    }

    [Fact]
    public async Task A_policy_is_fetched_again_when_half_its_time_is_over_or_its_id_changed()
    {
        var resolver = new FakeResolver("_mta-sts.example.test TXT v=STSv1; id=1;");
        var clock = new ManualClock();
        var mode = "enforce";
        var policies = Policies(resolver, _ => Policy(mode, "mx.example.test"), clock);
        Assert.Equal(StsMode.Enforce, (await policies.FindAsync("example.test", default))!.Mode);
        mode = "testing";
        clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal(StsMode.Enforce, (await policies.FindAsync("example.test", default))!.Mode);
        clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(StsMode.Testing, (await policies.FindAsync("example.test", default))!.Mode);
        mode = "none";
        resolver.Records[0] = "_mta-sts.example.test TXT v=STSv1; id=2;";
        Assert.Null(await policies.FindAsync("example.test", default));
    }

    [Theory]
    [InlineData("_mta-sts.example.test TXT v=STSv1; id=1;|_mta-sts.example.test TXT v=STSv1; id=2;")]
    [InlineData("_mta-sts.example.test TXT something else")]
    [InlineData("other.test TXT x")]
    public async Task Without_one_record_there_is_no_policy(string records)
    {
        var resolver = new FakeResolver(records.Split('|'));
        Assert.Null(await Policies(resolver, _ => throw new InvalidOperationException("nobody may ask")).FindAsync("example.test", default));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("192.168.0.1", true)]
    [InlineData("169.254.169.254", true)]
    [InlineData("::1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("fe80::1", true)]
    [InlineData("::ffff:10.0.0.1", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("2001:db8::1", false)]
    public void Our_own_network_is_not_asked_for_policies(string address, bool isPrivate) => Assert.Equal(isPrivate, StsDownload.IsPrivate(IPAddress.Parse(address)));

    private static string Policy(string mode, string host) => $"version: STSv1\nmode: {mode}\nmx: {host}\nmax_age: 604800\n";

    private StsPolicies Policies(FakeResolver resolver, Func<string, string> fetch, TimeProvider? clock = null) => new(
        resolver,
        async (domain, _) =>
        {
            await Task.Yield();
            return fetch(domain);
        },
        _directory, clock ?? TimeProvider.System, NullLogger.Instance);

    private sealed class RecordingObserver : ITlsObserver
    {
        public List<string> Seen { get; } = [];

        public void Succeeded(NextHop hop, DestinationPolicy policy, TlsDemand demand, string host) => Seen.Add($"{demand.Source} ok");

        public void Failed(NextHop hop, DestinationPolicy policy, TlsDemand demand, string host, IPAddress? remote, string kind) => Seen.Add($"{demand.Source} {kind}");
    }
}
