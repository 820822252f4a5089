using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mta.Delivery.Remote;
using Courier.Mta.TlsReports;
using Courier.Queue;
using Courier.Smtp.Client;
using Courier.Tests.Mta.Remote;
using Courier.Tests.Queue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Mta.TlsReports;

public sealed class TlsReportTests : IDisposable, ISubmission
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"tlsrpt-{Guid.NewGuid():N}");
    private readonly ManualClock _clock = new();
    private readonly List<(Envelope Envelope, string Text)> _mails = [];
    private readonly Posts _posts = new();

    public void Dispose()
    {
        _posts.Dispose();
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    public ValueTask<QueueId> SubmitAsync(Submission submission, CancellationToken ct)
    {
        _mails.Add((submission.Envelope, Encoding.ASCII.GetString(submission.Body.Memory.Span)));
        return new(new QueueId(_mails.Count));
    }

    private TlsResults Results() => new(_directory, new TlsReportLimits { Domains = 5, Details = 2 }, _clock);

    private static NextHop Domain(string name) => NextHop.OfDomain(name);

    private static TlsDemand Demand(string source) => new(TlsUse.WhenOffered, null, source) { Tlsa = source == "tlsa" ? ["3 1 1 00"] : [] };

    private static void Count(TlsResults results, string domain = "example.test")
    {
        var policy = new DestinationPolicy(StsPolicy.Parse(domain, "version: STSv1\nmode: testing\nmx: mx.test\nmax_age: 10\n"));
        results.Succeeded(Domain(domain), policy, Demand("sts"), "mx.test");
        results.Succeeded(Domain(domain), policy, Demand("sts"), "mx.test");
        results.Failed(Domain(domain), policy, Demand("sts"), "mx.test", IPAddress.Loopback, "certificate-expired");
        results.Failed(Domain(domain), policy, Demand("sts"), "mx.test", IPAddress.Loopback, "certificate-expired");
        results.Failed(Domain(domain), DestinationPolicy.None, Demand("tlsa"), "mx2.test", null, "dnssec-invalid");
    }

    private async Task SendAsync(TlsResults results, FakeResolver resolver)
    {
        using var http = new HttpClient(_posts, disposeHandler: false);
        var reporter = new TlsReporter(
            results, resolver, this, () => new MessageBuffer(_directory, 1 << 20), http, new TlsReporterSettings("mail.example.org", MailAddress.Parse("tls@example.org")), new TlsReportLimits(), _clock, NullLogger.Instance);
        await reporter.SendAsync(default);
    }

    [Fact]
    public async Task A_domain_that_asks_is_told_of_the_day_before_by_mail_and_by_https()
    {
        var results = Results();
        Count(results);
        Count(results, "silent.test");
        _clock.Advance(TimeSpan.FromDays(1));
        var resolver = new FakeResolver("_smtp._tls.example.test TXT v=TLSRPTv1; rua=mailto:tls@example.test,https://report.test/in");
        await SendAsync(results, resolver);
        var (envelope, text) = Assert.Single(_mails);
        Assert.Equal(("tls@example.org", "tls@example.test"), (envelope.Sender.ToString(), envelope.Recipients.Single().Address.ToString()));
        foreach (var line in new[] { "TLS-Report-Domain: example.test\r\n", "TLS-Report-Submitter: mail.example.org\r\n", "TLS-Required: No\r\n", "report-type=\"tlsrpt\"", "filename=\"mail.example.org!example.test!" })
            Assert.Contains(line, text, StringComparison.Ordinal);
        var attached = text[(text.IndexOf("json.gz\"\r\n\r\n", StringComparison.Ordinal) + 12)..text.IndexOf("\r\n--=_tlsrpt--", StringComparison.Ordinal)];
        var posted = Assert.Single(_posts.Bodies);
        Assert.Equal("application/tlsrpt+gzip", posted.Type);
        Assert.Equal(posted.Body, Convert.FromBase64String(attached));

        using var json = JsonDocument.Parse(new GZipStream(new MemoryStream(posted.Body), CompressionMode.Decompress));
        var root = json.RootElement;
        Assert.Equal("2026-11-21T00:00:00Z", root.GetProperty("date-range").GetProperty("start-datetime").GetString());
        Assert.Equal(("mail.example.org", "tls@example.org"), (root.GetProperty("organization-name").GetString(), root.GetProperty("contact-info").GetString()));
        var sts = root.GetProperty("policies").EnumerateArray().Single(policy => policy.GetProperty("policy").GetProperty("policy-type").GetString() == "sts");
        Assert.Equal((2, 2), (sts.GetProperty("summary").GetProperty("total-successful-session-count").GetInt32(), sts.GetProperty("summary").GetProperty("total-failure-session-count").GetInt32()));
        var detail = sts.GetProperty("failure-details").EnumerateArray().Single();
        Assert.Equal(("certificate-expired", "127.0.0.1", 2), (detail.GetProperty("result-type").GetString(), detail.GetProperty("receiving-ip").GetString(), detail.GetProperty("failed-session-count").GetInt32()));
        Assert.Equal("mode: testing", sts.GetProperty("policy").GetProperty("policy-string")[1].GetString());

        await SendAsync(results, resolver);
        Assert.Single(_mails);
    }

    [Fact]
    public async Task Today_is_not_over_and_is_kept_over_a_restart()
    {
        var results = Results();
        Count(results);
        var resolver = new FakeResolver("_smtp._tls.example.test TXT v=TLSRPTv1; rua=https://report.test/in");
        await SendAsync(results, resolver);
        Assert.Empty(_posts.Bodies);
        results = Results();
        Count(results);
        _clock.Advance(TimeSpan.FromDays(1));
        await SendAsync(results, resolver);
        using var json = JsonDocument.Parse(new GZipStream(new MemoryStream(_posts.Bodies.Single().Body), CompressionMode.Decompress));
        Assert.Contains(json.RootElement.GetProperty("policies").EnumerateArray(), policy => policy.GetProperty("summary").GetProperty("total-successful-session-count").GetInt32() == 4);
    }

    [Fact]
    public void What_is_counted_is_bounded_and_only_of_domains_that_others_own()
    {
        var results = Results();
        for (var i = 0; i < 100; i++)
        {
            Count(results, $"d{i}.test");
            results.Failed(Domain("d0.test"), DestinationPolicy.None, Demand("no-policy-found"), $"mx{i}.test", null, $"kind-{i}");
            results.Succeeded(new NextHop("smarthost.test", 25), DestinationPolicy.None, Demand("no-policy-found"), "smarthost.test");
        }

        _clock.Advance(TimeSpan.FromDays(1));
        var day = Assert.Single(results.Past());
        Assert.Equal(5, day.Domains.Count);
        Assert.All(day.Domains, domain => Assert.InRange(domain.Policies.Count, 1, 2));
    }

    [Theory]
    [InlineData("v=TLSRPTv1; rua=mailto:a@b.test,https://c.test", "mailto:a@b.test https://c.test")]
    [InlineData("v=TLSRPTv1;rua=mailto:a@b.test;ext=1", "mailto:a@b.test")]
    [InlineData("v=TLSRPTv1;", "")]
    [InlineData("v=TLSRPTv2; rua=mailto:a@b.test", "")]
    public void The_record_says_where_reports_go(string record, string expected) => Assert.Equal(expected, string.Join(' ', TlsReporter.AddressesOf(record)));

    private sealed class Posts : HttpMessageHandler
    {
        public List<(string? Type, byte[] Body)> Bodies { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Bodies.Add((request.Content!.Headers.ContentType?.ToString(), await request.Content.ReadAsByteArrayAsync(cancellationToken)));
            return new HttpResponseMessage(HttpStatusCode.OK);
        }
    }
}
