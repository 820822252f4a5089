using System.Text.RegularExpressions;
using Courier.Testing.Processes;

namespace Courier.EndToEnd.Peers;

/// <summary>Mail between one of Debian's servers and ours, both ways: what holds for all of them.</summary>
public abstract partial class PeerExchange(PeerPair pair)
{
    private const string Eight = "Zwölf Boxkämpfer jagen Viktor\r\n.quer\r\n..\r\nüber den großen Sylter Deich";

    internal PeerPair Pair { get; } = pair;

    /// <summary>A domain of the peer, and its user.</summary>
    internal string Theirs => $"demo@{Pair.Name}.test";

    private const string Plain = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";

    /// <summary>What stands in the peer's log when it has logged us in.</summary>
    internal abstract string LoginInLog { get; }

    internal virtual bool TakesUtf8Addresses => true;

    /// <summary>Its reports are multipart/report (RFC 3464).</summary>
    internal virtual bool WritesStandardReports => true;

    internal virtual bool UsesChunks => false;

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task It_sends_to_us_over_TLS_byte_for_byte_and_its_log_has_our_queue_id()
    {
        var token = Token();
        await FromThemAsync($"<{Theirs}> BODY=8BITMIME", "<demo@example.test>", Letter(token, Eight, Plain));
        var text = await Mailbag.TextAsync(Pair.OurMail, token);
        Assert.EndsWith("\n\n" + Eight.ReplaceLineEndings("\n") + "\n", text, StringComparison.Ordinal);
        Assert.Contains($"Return-Path: <{Theirs}>\n", text, StringComparison.Ordinal);
        Assert.Matches(@"(?s)\bby mail\.example\.test\b.{0,80}\bwith (UTF8SMTPS|ESMTPS)\b", text);
        var accepted = await LineAsync(() => Pair.Ours.Log, "Received id " + TraceId().Match(text).Groups["id"].Value);
        Assert.Contains($"sender <{Theirs}>", accepted, StringComparison.Ordinal);
        await LogsAsync("Accepted as " + QueueId().Match(accepted).Groups["id"].Value);
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task It_logs_in_to_send_elsewhere_by_us()
    {
        var token = Token();
        await FromThemAsync($"<{Theirs}>", "<someone@login.test>", Letter(token, "logged in"));
        await Eventually.IsAsync("the message went on", () => Pair.Far.Messages.Any(message => message.Text.Contains(token, StringComparison.Ordinal)), seconds: 20);
        var sent = Pair.Far.Messages.Single(message => message.Text.Contains(token, StringComparison.Ordinal));
        Assert.Equal(Theirs, sent.From);
        Assert.Matches(@"(?s)\bby mail\.example\.test\b.{0,80}\bwith (ESMTPSA|UTF8SMTPSA)\b", sent.Text);
        await Eventually.IsAsync("our log names the login", () => OurLogin().IsMatch(Pair.Ours.Log));
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task We_log_in_to_send_elsewhere_by_it()
    {
        var token = Token();
        await FromUsAsync("<demo@example.test>", "<someone@far.test>", Letter(token, "logged in"));
        await Eventually.IsAsync("the message went on", () => Pair.Far.Messages.Any(message => message.Text.Contains(token, StringComparison.Ordinal)), seconds: 20);
        await LogsAsync(LoginInLog);
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task What_it_cannot_deliver_here_it_returns_with_our_words()
    {
        var token = Token();
        await FromThemAsync($"<{Theirs}>", "<nobody@example.test>", Letter(token, "for nobody"));
        if (!WritesStandardReports)
        {
            Assert.Contains("550 5.1.1 ", await Mailbag.TextAsync(Pair.Peer.Maildirs, token, "nobody@example.test"), StringComparison.Ordinal);
            return;
        }

        var report = await Mailbag.ReportAsync(Pair.Peer.Maildirs, token, "nobody@example.test");
        Assert.Contains("recipient.Action: failed\n", report, StringComparison.Ordinal);
        Assert.Matches(@"(?s)5\.1\.1\b", report);
        Assert.Matches(@"recipient\.Diagnostic-Code: smtp; 550", report);
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task A_success_report_asked_for_through_it_comes_from_us_with_its_parameters()
    {
        var token = Token();
        await FromThemAsync($"<{Theirs}> RET=HDRS ENVID=env+2B{token}", $"<demo@example.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Demo+2B{token}@example.test", Letter(token, "tell me"));
        var report = await Mailbag.ReportAsync(Pair.Peer.Maildirs, token, "delivered", "Original-Envelope-Id");
        Assert.Contains("report.type: delivery-status\nwords:", report, StringComparison.Ordinal);
        Assert.Contains("message.Reporting-MTA: dns; mail.example.test\n", report, StringComparison.Ordinal);
        Assert.Contains($"message.Original-Envelope-Id: env+{token}\n", report, StringComparison.Ordinal);
        Assert.Contains($"recipient.Original-Recipient: rfc822; Demo+{token}@example.test\n", report, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("recipient.Action: delivered\n", report, StringComparison.Ordinal);
        Assert.Contains($"returned.Subject: {token}\n", report, StringComparison.Ordinal);
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task A_large_message_comes_whole_in_chunks_where_it_can()
    {
        var token = Token();
        var body = string.Join("\r\n", Enumerable.Range(1, 6000).Select(n => $"line {n,6} of a message that is longer than any buffer on its way"));
        await FromThemAsync($"<{Theirs}>", "<demo@example.test>", Letter(token, body));
        var text = await Mailbag.TextAsync(Pair.OurMail, token);
        Assert.EndsWith("\n\n" + body.ReplaceLineEndings("\n") + "\n", text, StringComparison.Ordinal);
        if (UsesChunks)
            await LogsAsync($" K C=\"250 2.0.0 "); // Exim's mark for a message that went by BDAT
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task Addresses_in_UTF_8_come_and_go_where_it_knows_them()
    {
        var token = Token();
        if (TakesUtf8Addresses)
        {
            await FromThemAsync($"<jürgen@{Pair.Name}.test> SMTPUTF8 BODY=8BITMIME", "<jürgen@example.test>", Letter(token, Eight, "X-Header: Jürgen <jürgen@example.test>\r\n"));
            var text = await Mailbag.TextAsync(Pair.OurMail, token);
            Assert.Contains($"Return-Path: <jürgen@{Pair.Name}.test>\n", text, StringComparison.Ordinal);
            Assert.Matches(@"(?s)\bby mail\.example\.test\b.{0,80}\bwith UTF8SMTPS\b", text);
        }

        await FromUsAsync("<demo@example.test> SMTPUTF8 BODY=8BITMIME", $"<jürgen@{Pair.Name}.test>", Letter("back-" + token, Eight, "X-Header: Jürgen <jürgen@example.test>\r\n"));
        if (TakesUtf8Addresses)
        {
            Assert.EndsWith("\n\n" + Eight.ReplaceLineEndings("\n") + "\n", await Mailbag.TextAsync(Pair.Peer.Maildirs, "back-" + token), StringComparison.Ordinal);
            return;
        }

        // RFC 6531 §3.6: returned, by a report that may itself be in UTF-8 (RFC 6533).
        var report = await Mailbag.ReportAsync(Pair.OurMail, "back-" + token, "message/global-delivery-status");
        Assert.Contains("recipient.Action: failed\n", report, StringComparison.Ordinal);
        Assert.Contains("recipient.Status: 5.6.7\n", report, StringComparison.Ordinal);
        Assert.Contains($"recipient.Final-Recipient: utf-8; jürgen@{Pair.Name}.test\n", report, StringComparison.Ordinal);
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task It_takes_mail_from_us_over_TLS_and_both_logs_have_its_queue_id()
    {
        var token = Token();
        var accepted = await FromUsAsync("<demo@example.test> BODY=8BITMIME", $"<{Theirs}>", Letter(token, Eight, Plain));
        var text = await Mailbag.TextAsync(Pair.Peer.Maildirs, token);
        Assert.EndsWith("\n\n" + Eight.ReplaceLineEndings("\n") + "\n", text, StringComparison.Ordinal);
        Assert.Matches(@"(?si)from .{0,40}mail\.example\.test\b.{0,400}\b(ESMTPSA?|TLSv?1)", text);
        var id = accepted.Split(' ')[^1];
        var relayed = await LineAsync(() => Pair.Ours.Log, $"Relayed {id} for <{Theirs}> to ");
        var theirs = TheirId().Match(relayed).Groups["id"].Value;
        await LogsAsync(theirs);
        await Eventually.IsAsync("trace shows it", async () => (await Pair.Ours.CommandAsync("trace", id)).Output.Contains(theirs, StringComparison.Ordinal));
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task What_it_refuses_comes_back_with_its_words()
    {
        var token = Token();
        await FromUsAsync("<demo@example.test> RET=HDRS ENVID=lost", $"<gone@{Pair.Name}.test>", Letter(token, "for nobody"));
        var report = await Mailbag.ReportAsync(Pair.OurMail, token, $"gone@{Pair.Name}.test", "multipart/report");
        Assert.Contains("recipient.Action: failed\n", report, StringComparison.Ordinal);
        Assert.Contains("message.Original-Envelope-Id: lost\n", report, StringComparison.Ordinal);
        Assert.Matches(@"recipient\.Remote-MTA: dns; \S+\n", report);
        var words = Regex.Match(report, @"recipient\.Diagnostic-Code: smtp; (?<words>5\d\d .+)\n", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["words"].Value;
        Assert.NotEmpty(words);
        Assert.Contains(words.Split(' ')[^1].Trim('<', '>', '.'), Pair.Peer.Log, StringComparison.Ordinal);
        Assert.Contains("returned.type: text/rfc822-headers\n", report, StringComparison.Ordinal);
    }

    [ToolFact("root", "apt-get", "python3", "openssl")]
    public async Task DSN_parameters_reach_it_and_it_reports_the_success()
    {
        var token = Token();
        await FromUsAsync($"<demo@example.test> RET=HDRS ENVID=env+2B{token}", $"<{Theirs}> NOTIFY=SUCCESS ORCPT=rfc822;Demo+2B{token}@{Pair.Name}.test", Letter(token, "tell me"));
        if (!WritesStandardReports)
        {
            var text = await Mailbag.TextAsync(Pair.OurMail, token, $"from mail.{Pair.Name}.test", "Subject: Delivery status notification: delivered");
            Assert.Contains(Theirs, text, StringComparison.Ordinal);
            return;
        }

        var report = await Mailbag.ReportAsync(Pair.OurMail, token, "delivered", "multipart/report");
        Assert.Contains($"message.Reporting-MTA: dns; mail.{Pair.Name}.test\n", report, StringComparison.Ordinal);
        Assert.Contains($"message.Original-Envelope-Id: env+{token}\n", report.Replace($"env+2B{token}", $"env+{token}", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("recipient.Action: delivered\n", report, StringComparison.Ordinal);
    }

    internal static string Token() => $"t{Guid.NewGuid():N}"[..16];

    internal static string Letter(string token, string body, string fields = "") =>
        $"From: Jörg <demo@example.test>\r\nTo: <demo@example.test>\r\nSubject: {token}\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{token}@elsewhere.test>\r\n{fields}\r\n{body}\r\n"
            .Replace("Jörg", fields.Contains("Header", StringComparison.Ordinal) ? "Jörg" : "Joerg", StringComparison.Ordinal);

    internal Task FromThemAsync(string from, string to, string text) => SendAsync(Pair.PeerPort, from, [to], text);

    internal Task<string> FromUsAsync(string from, string to, string text) => SendAsync(Pair.Ours.Port("smtp"), from, [to], text);

    private static async Task<string> SendAsync(int port, string from, string[] to, string text)
    {
        await using var client = await SmtpProbe.ConnectAsync(port);
        return await client.SendAsync(from, to, text);
    }

    private static Task<string> LineAsync(Func<string> log, string words) => Eventually.GetAsync(
        $"a line with “{words}”", () => Task.FromResult(log().Split('\n').LastOrDefault(line => line.Contains(words, StringComparison.Ordinal))));

    internal Task LogsAsync(string words) => Eventually.IsAsync($"“{words}” in the log of {Pair.Name}", () => Pair.Peer.Log.Contains(words, StringComparison.Ordinal));

    [GeneratedRegex(@"\bby mail\.example\.test\b[^;]*?\bid (?<id>[^\s;]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TraceId();

    [GeneratedRegex(@"Login: 127\.0\.0\.1\S* as demo@example\.test", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OurLogin();

    [GeneratedRegex(@"(?<id>\w+) accepted from", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QueueId();

    [GeneratedRegex(@"(?:queued as |id=|250 Ok\. |2\.0\.0 )(?<id>[\w.-]{8,})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TheirId();
}
