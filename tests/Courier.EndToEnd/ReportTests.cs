using Courier.EndToEnd.Peers;
using Courier.Testing.Processes;

namespace Courier.EndToEnd;

/// <summary>What others make of our reports: Python's email package finds each field in its part, and mutt shows them to a person.</summary>
public sealed class ReportTests
{
    private const string Refused = "550 5.1.1 No such user here";

    [ToolFact("python3", "mutt")]
    public async Task Failure_delay_success_and_relay_are_read_by_Python_and_shown_by_mutt()
    {
        await using var sink = new SmtpSink(to => to.StartsWith("gone@", StringComparison.Ordinal) ? Refused : to.StartsWith("slow@", StringComparison.Ordinal) ? "451 4.2.1 Later" : null);
        await using var server = await StartAsync(sink);
        var failed = await SendAsync(server, "<demo@example.test> RET=FULL ENVID=a+2Bb", "<gone@far.test> ORCPT=rfc822;Old+2Bname@far.test");
        var delayed = await SendAsync(server, "<demo@example.test> RET=HDRS", "<slow@far.test> NOTIFY=DELAY");
        var delivered = await SendAsync(server, "<demo@example.test> RET=HDRS", "<other@example.test> NOTIFY=SUCCESS");
        var relayed = await SendAsync(server, "<demo@example.test> RET=HDRS", "<taken@far.test> NOTIFY=SUCCESS");

        await HasAsync(server, failed, "report.type: delivery-status", "message.Reporting-MTA: dns; mail.example.test", "message.Original-Envelope-Id: a+b", "recipient.Original-Recipient: rfc822; Old+name@far.test",
            "recipient.Final-Recipient: rfc822; gone@far.test", "recipient.Action: failed", "recipient.Status: 5.1.1", $"recipient.Diagnostic-Code: smtp; {Refused}", "returned.type: message/rfc822", $"returned.Subject: {failed}");
        var delay = await HasAsync(server, delayed, "recipient.Final-Recipient: rfc822; slow@far.test", "recipient.Action: delayed", "recipient.Status: 4.2.1", "returned.type: text/rfc822-headers", $"returned.Subject: {delayed}");
        Assert.Contains("\nrecipient.Will-Retry-Until: ", delay, StringComparison.Ordinal);
        await HasAsync(server, delivered, "recipient.Final-Recipient: rfc822; other@example.test", "recipient.Action: delivered", "recipient.Status: 2.0.0");
        await HasAsync(server, relayed, "recipient.Final-Recipient: rfc822; taken@far.test", "recipient.Action: relayed");

        var shown = await ShowAsync(server, reports: 4);
        foreach (var action in new[] { "Action: failed", "Action: delayed", "Action: delivered", "Action: relayed" })
            Assert.Contains(action, shown, StringComparison.Ordinal);
        Assert.Contains("Final-Recipient: rfc822; gone@far.test", shown, StringComparison.Ordinal);
        Assert.Contains($"Subject: {failed}", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("is unsupported", shown, StringComparison.Ordinal);
    }

    [ToolFact("python3", "mutt")]
    public async Task A_report_in_UTF_8_is_read_by_Python_and_shown_by_mutt()
    {
        await using var sink = new SmtpSink();
        await using var server = await StartAsync(sink);
        var failed = await SendAsync(server, "<demo@example.test> SMTPUTF8 RET=HDRS", "<jürgen@far.test> ORCPT=utf-8;jürgen@far.test");
        await HasAsync(server, failed, "report.type: global-delivery-status", "status.type: message/global-delivery-status", "recipient.Original-Recipient: utf-8; jürgen@far.test",
            "recipient.Final-Recipient: utf-8; jürgen@far.test", "recipient.Action: failed", "recipient.Status: 5.6.7", "returned.type: message/global-headers", $"returned.Subject: {failed}");
        Assert.Contains("Final-Recipient: utf-8; jürgen@far.test", await ShowAsync(server, reports: 1), StringComparison.Ordinal);
    }

    private static Task<ServerProcess> StartAsync(SmtpSink sink) => ServerProcess.StartAsync(
        new() { Extra = [("relay", "networks = 127.0.0.2"), ("relay", $"route.far.test = 127.0.0.1:{sink.Port}"), ("queue", "retry_first = 1s"), ("queue", "warn_after = 1s")] }, "demo", "other");

    private static async Task<string> SendAsync(ServerProcess server, string from, string to)
    {
        var token = PeerExchange.Token();
        await using var client = await SmtpProbe.ConnectAsync(server.Port("smtp"));
        await client.SendAsync(from, to, PeerExchange.Letter(token, "hello"));
        return token;
    }

    private static async Task<string> HasAsync(ServerProcess server, string token, params string[] fields)
    {
        var report = await Mailbag.ReportAsync(MailOf(server), token, "multipart/report");
        Assert.DoesNotContain("(not understood)", report, StringComparison.Ordinal);
        Assert.All(fields, field => Assert.Contains($"\n{field}\n", report, StringComparison.Ordinal));
        return report;
    }

    /// <summary>All reports of demo's mailbox as mutt shows them. It knows message/delivery-status; for the types of RFC 6533 it is told
    /// that they are text.</summary>
    private static async Task<string> ShowAsync(ServerProcess server, int reports)
    {
        var home = Directory.CreateDirectory(server.Scratch("home")).FullName;
        var shown = server.Scratch("shown");
        var pager = server.WriteScratch("pager", $"#!/bin/sh\ncat \"$1\" >> {shown}\n");
        File.SetUnixFileMode(pager, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var mailcap = server.WriteScratch("mailcap", "message/global-delivery-status; cat %s; copiousoutput\nmessage/global-headers; cat %s; copiousoutput\n");
        var keys = string.Concat(Enumerable.Repeat("<display-message><next-undeleted>", reports));
        var settings = server.WriteScratch("muttrc", $"""
            set folder="{home}" record="" mbox_type=Maildir pager="{pager}" prompt_after=no wait_key=no quit=yes move=no mark_old=no mailcap_path="{mailcap}"
            auto_view message/global-delivery-status message/global-headers
            push "<first-entry>{keys}<quit>"

            """);
        await Terminal.RunAsync(home, ["mutt", "-F", settings, "-f", MailOf(server)]);
        return await File.ReadAllTextAsync(shown);
    }

    private static string MailOf(ServerProcess server) => Path.Combine(server.StateDirectory, "mail", "example.test", "demo", "Maildir");
}
