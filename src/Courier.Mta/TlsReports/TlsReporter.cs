using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mail.Headers;
using Courier.Net.Dns;
using Courier.Queue;
using Microsoft.Extensions.Logging;

namespace Courier.Mta.TlsReports;

/// <summary>Who reports.</summary>
/// <param name="HostName">Our name.</param>
/// <param name="Contact">Whom to ask about a report; also its sender.</param>
public sealed record TlsReporterSettings(string HostName, MailAddress Contact);

/// <summary>Once a day tells the domains that want to know (RFC 8460 §3: <c>_smtp._tls</c>) how TLS with their hosts went: by mail, or by
/// HTTPS.</summary>
/// <remarks>Reports are not signed with DKIM, which §3 asks of those by mail: receivers may ignore them.</remarks>
public sealed class TlsReporter(
    TlsResults results, IDnsResolver resolver, ISubmission submission, Func<MessageBuffer> openBuffer, HttpClient http, TlsReporterSettings settings, TlsReportLimits limits, TimeProvider clock, ILogger logger)
{
    /// <summary>Saves and sends until it is stopped.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var sendAt = NextTime();
        try
        {
            while (true)
            {
                await Task.Delay(limits.SaveInterval, clock, ct);
                try
                {
                    results.Save();
                    if (clock.GetUtcNow() < sendAt)
                        continue;
                    sendAt = NextTime();
                    await SendAsync(ct);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    Log.ReportTrouble(logger, "", e.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>Reports all past days and forgets them.</summary>
    public async Task SendAsync(CancellationToken ct)
    {
        foreach (var day in results.Past())
        {
            foreach (var domain in day.Domains)
            {
                try
                {
                    await ReportAsync(day.Day, domain, ct);
                }
                catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
                {
                    // RFC 8460 §5.3: a report that cannot be delivered is no loss worth a retry.
                    Log.ReportTrouble(logger, domain.Domain, e.Message);
                }
            }

            results.Forget(day.Day);
        }
    }

    /// <summary>The addresses in a record <c>v=TLSRPTv1; rua=mailto:…,https:…</c> (RFC 8460 §3); empty when it is none.</summary>
    internal static IReadOnlyList<string> AddressesOf(string record)
    {
        var fields = record.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (fields is not ["v=TLSRPTv1", ..])
            return [];
        var rua = Array.Find(fields, field => field.StartsWith("rua=", StringComparison.Ordinal));
        return rua is null ? [] : rua[4..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    private DateTimeOffset NextTime() => new DateTimeOffset(clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddDays(1) + (limits.SendWindow * Random.Shared.NextDouble());

    private async Task ReportAsync(string day, DomainForm domain, CancellationToken ct)
    {
        var answer = await resolver.ResolveAsync("_smtp._tls." + domain.Domain, DnsType.Txt, ct);
        var wanted = answer.Records.OfType<TxtRecord>().Select(record => AddressesOf(record.Text)).Where(addresses => addresses.Count > 0).ToList();
        // RFC 8460 §3: more than one record is none.
        if (wanted.Count != 1)
            return;
        var id = $"{day}.{domain.Domain}@{settings.HostName}";
        var report = Compress(JsonSerializer.SerializeToUtf8Bytes(
            new TlsReportForm
            {
                OrganizationName = settings.HostName,
                DateRange = new DateRangeForm($"{day}T00:00:00Z", $"{day}T23:59:59Z"),
                ContactInfo = settings.Contact.ToString(),
                ReportId = id,
                Policies = domain.Policies,
            },
            TlsReportJson.Default.TlsReportForm));
        foreach (var address in wanted[0].Take(limits.Addresses))
        {
            if (address.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) && MailAddress.TryParse(Uri.UnescapeDataString(address[7..].Split('?')[0]), out var mailbox))
                await MailAsync(day, domain.Domain, id, mailbox!, report, ct);
            else if (address.StartsWith("https:", StringComparison.OrdinalIgnoreCase) && Uri.TryCreate(address, UriKind.Absolute, out var target))
                await PostAsync(target, report, ct);
        }

        Log.Reported(logger, domain.Domain, day);
    }

    /// <summary>RFC 8460 §5.3: multipart/report with the data as application/tlsrpt+gzip.</summary>
    private async Task MailAsync(string day, string domain, string id, MailAddress recipient, byte[] report, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        const string boundary = "=_tlsrpt";
        var start = new DateTimeOffset(DateTime.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture), TimeSpan.Zero);
        var file = $"{settings.HostName}!{domain}!{start.ToUnixTimeSeconds()}!{start.AddDays(1).ToUnixTimeSeconds() - 1}!001.json.gz";
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"Date: {MailDate.Format(now)}\r\nFrom: {settings.Contact}\r\nTo: {recipient}\r\n")
            .Append(CultureInfo.InvariantCulture, $"Subject: Report Domain: {domain}\r\n Submitter: {settings.HostName}\r\n Report-ID: <{id}>\r\n")
            .Append(CultureInfo.InvariantCulture, $"Message-ID: <{id}>\r\nTLS-Report-Domain: {domain}\r\nTLS-Report-Submitter: {settings.HostName}\r\n")
            // RFC 8689 §3: a report about broken TLS must get through broken TLS.
            .Append("TLS-Required: No\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n")
            .Append(CultureInfo.InvariantCulture, $"Content-Type: multipart/report; report-type=\"tlsrpt\"; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n")
            .Append(CultureInfo.InvariantCulture, $"Content-Type: text/plain; charset=us-ascii\r\n\r\nHow TLS with the mail servers of {domain} went on {day} (RFC 8460), as {settings.HostName} saw it.\r\n\r\n--{boundary}\r\n")
            .Append(CultureInfo.InvariantCulture, $"Content-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n filename=\"{file}\"\r\n\r\n")
            .Append(Convert.ToBase64String(report, Base64FormattingOptions.InsertLineBreaks).ReplaceLineEndings("\r\n"))
            .Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}--\r\n");
        using var buffer = openBuffer();
        buffer.Write(Encoding.ASCII.GetBytes(text.ToString()));
        var envelope = new Envelope(new ReversePath(settings.Contact), [new EnvelopeRecipient(recipient)]) { TlsIsOptional = true };
        await submission.SubmitAsync(new Submission(envelope, ReadOnlyMemory<byte>.Empty, buffer, "TLS report"), ct);
    }

    private async Task PostAsync(Uri target, byte[] report, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(limits.PostTimeout);
        using var content = new ByteArrayContent(report);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/tlsrpt+gzip");
        using var response = await http.PostAsync(target, content, limit.Token);
        if (!response.IsSuccessStatusCode)
            throw new IOException($"{target} answers {(int)response.StatusCode}");
    }

    private static byte[] Compress(byte[] json)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal))
            gzip.Write(json);
        return output.ToArray();
    }
}
