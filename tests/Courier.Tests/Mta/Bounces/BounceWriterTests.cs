using System.Text;
using Courier.IO.Files;
using Courier.Mail.Addresses;
using Courier.Mail.Reports;
using Courier.Mta.Bounces;
using Courier.Queue;
using Courier.Tests.Queue;

namespace Courier.Tests.Mta.Bounces;

public sealed class BounceWriterTests
{
    private static readonly BounceLimits Small = new() { HeaderBytes = 400, FullBytes = 5000, DiagnosticCharacters = 80 };

    private static DeliveryJob Job(Envelope envelope, string body) =>
        new(new QueueId(0xABC), envelope, [], "Received: by mx.test\r\n"u8.ToArray(), MessageBody.OfBytes(Encoding.UTF8.GetBytes(body)), new ManualClock().GetUtcNow(), "relay");

    private static RecipientOutcome Failure(int number, string diagnostic = "550 5.1.1 No such user", string? server = "mx.example.com") =>
        new(number, OutcomeKind.Failed, "5.1.1", diagnostic, server);

    private static async Task<(Envelope Envelope, string Text)?> WriteAsync(
        Envelope envelope, string body = "Subject: hi\r\n\r\nsecret body\r\n", BounceLimits? limits = null, params RecipientOutcome[] outcomes)
    {
        var writer = new BounceWriter("mail.example.test", () => new MessageBuffer(Path.GetTempPath(), 1 << 20), limits ?? Small, new ManualClock());
        var report = await writer.WriteAsync(Job(envelope, body), outcomes.Length == 0 ? [Failure(0)] : outcomes, CancellationToken.None);
        if (report is null)
            return null;
        using (report.Body)
            return (report.Envelope, Encoding.UTF8.GetString(report.Body.Memory.Span));
    }

    [Fact]
    public async Task A_report_goes_from_the_null_path_to_the_sender_and_says_what_happened()
    {
        var envelope = Messages.Envelope("grace@example.com", "joan@example.net") with { EnvelopeId = "QQ314159" };
        envelope = envelope with { Recipients = [envelope.Recipients[0], envelope.Recipients[1] with { OriginalRecipient = "rfc822;j+2Bx@example.net" }] };
        var (to, text) = (await WriteAsync(envelope, outcomes: [Failure(0), Failure(1, "The disk is on fire", null)]))!.Value;
        Assert.True(to.Sender.IsNull);
        Assert.Equal(("ada@example.org", NotifyOn.Default), (to.Recipients.Single().Address.ToString(), to.Recipients[0].Notify));
        foreach (var line in new[]
        {
            "To: ada@example.org", "report-type=delivery-status", "Reporting-MTA: dns; mail.example.test", "Original-Envelope-Id: QQ314159",
            "Final-Recipient: rfc822; grace@example.com", "Action: failed", "Status: 5.1.1", "Remote-MTA: dns; mx.example.com",
            "Diagnostic-Code: smtp; 550 5.1.1 No such user", "Original-Recipient: rfc822; j+x@example.net", "The disk is on fire",
        })
            Assert.Contains(line, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grace@example.com", "ada-grace=example.com@example.org")]
    [InlineData("a@b-c.example", "ada-a=b+2Dc.example@example.org")]
    public async Task A_report_on_a_message_with_a_return_path_for_each_goes_to_that_of_its_recipient(string recipient, string expected)
    {
        var (to, text) = (await WriteAsync(Messages.Envelope(recipient) with { IsVerp = true }))!.Value;
        Assert.Equal(expected, to.Recipients.Single().Address.ToString());
        Assert.Contains($"Final-Recipient: rfc822; {recipient}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_return_path_that_would_be_too_long_is_the_one_without_the_recipient()
    {
        var (to, _) = (await WriteAsync(Messages.Envelope(new string('g', 190) + "@example.com") with { IsVerp = true }))!.Value;
        Assert.Equal("ada@example.org", to.Recipients.Single().Address.ToString());
    }

    [Theory]
    [InlineData(true, MessageSource.Login, "joan@example.net", "joan@example.net")]
    [InlineData(false, MessageSource.Login, "joan@example.net", "ada@example.org")]
    [InlineData(true, MessageSource.Smtp, "joan@example.net", "ada@example.org")]
    [InlineData(true, MessageSource.Login, "joan", "ada@example.org")]
    public async Task Reports_on_the_mail_of_an_account_may_go_to_the_account(bool toAccount, MessageSource source, string origin, string expected)
    {
        var writer = new BounceWriter("mail.example.test", () => new MessageBuffer(Path.GetTempPath(), 1 << 20), Small, new ManualClock()) { ReportsToAccount = toAccount };
        var job = Job(Messages.Envelope("grace@example.com") with { Source = source }, "Subject: hi\r\n\r\n") with { Origin = origin };
        var report = (await writer.WriteAsync(job, [Failure(0)], CancellationToken.None))!;
        using var body = report.Body;
        Assert.Equal(expected, report.Envelope.Recipients.Single().Address.ToString());
        Assert.Equal((source, true), (report.Envelope.Source, report.Envelope.IsReport));
    }

    [Theory]
    [InlineData("192.0.2.1", null, null)]
    [InlineData("192.0.2.1 at 198.51.100.7", null, "198.51.100.7")]
    [InlineData("ada@example.org", "example.org", null)]
    [InlineData("report on 1 @example.org at 198.51.100.7", "example.org", "198.51.100.7")]
    public async Task A_report_leaves_as_the_virtual_host_of_its_message(string origin, string? domain, string? host)
    {
        var writer = new BounceWriter("mail.example.test", () => new MessageBuffer(Path.GetTempPath(), 1 << 20), Small, new ManualClock());
        var report = (await writer.WriteAsync(Job(Messages.Envelope("grace@example.com"), "Subject: hi\r\n\r\n") with { Origin = origin }, [Failure(0)], CancellationToken.None))!;
        using var body = report.Body;
        Assert.StartsWith("report on ", report.Origin, StringComparison.Ordinal);
        var read = MessageOrigin.Parse(report.Origin);
        Assert.Equal((domain, host), (read.Domain, read.Host?.ToString()));
    }

    [Fact]
    public async Task A_report_that_fails_goes_to_the_postmaster_and_one_to_the_postmaster_to_nobody()
    {
        var limits = Small with { Postmaster = MailAddress.Parse("postmaster@example.test") };
        var report = Messages.Envelope("grace@example.com") with { Sender = ReversePath.Null };
        var (to, text) = (await WriteAsync(report, limits: limits, outcomes: Failure(0)))!.Value;
        Assert.Equal((true, "postmaster@example.test", NotifyOn.Never), (to.Sender.IsNull, to.Recipients.Single().Address.ToString(), to.Recipients[0].Notify));
        Assert.Contains("Final-Recipient: rfc822; grace@example.com", text, StringComparison.Ordinal);
        Assert.Null(await WriteAsync(to, limits: limits, outcomes: Failure(0)));
        Assert.Null(await WriteAsync(report, limits: Small, outcomes: Failure(0)));
        Assert.Null(await WriteAsync(report with { Recipients = [report.Recipients[0] with { Notify = NotifyOn.Success }] }, limits: limits, outcomes: Failure(0) with { Kind = OutcomeKind.Delivered }));
    }

    [Theory]
    [InlineData(OutcomeKind.Failed, "These failed:", "Sorry from mail.example.test")]
    [InlineData(OutcomeKind.Deferred, "These wait:", "Wait for mail.example.test")]
    [InlineData(OutcomeKind.Delivered, "These have it:", "Sorry from mail.example.test")]
    [InlineData(OutcomeKind.Relayed, "These went on:", "Sorry from mail.example.test")]
    public async Task The_operators_words_take_the_place_of_ours(OutcomeKind kind, string group, string subject)
    {
        var words = new ReportWords
        {
            From = "\"Mail at home\" <help@example.test>",
            SubjectNotice = "Sorry from [#ME#]\n",
            SubjectDelayed = "Wait for [#ME#]\n",
            Header = "Hello.\nThis is [#ME#].",
            Failed = "These failed:",
            Delayed = "These wait:",
            Delivered = "These have it:",
            Relayed = "These went on:",
            Footer = "Bye.",
        };
        var envelope = Messages.Envelope("grace@example.com");
        var asking = envelope with { Recipients = [envelope.Recipients[0] with { Notify = NotifyOn.Success | NotifyOn.Failure | NotifyOn.Delay }] };
        var (_, text) = (await WriteAsync(asking, limits: Small with { Words = words }, outcomes: Failure(0) with { Kind = kind }))!.Value;
        foreach (var line in new[] { "From: \"Mail at home\" <help@example.test>\r\n", $"Subject: {subject}\r\n", "\r\nHello.\r\nThis is mail.example.test.\r\n", $"\r\n{group}\r\n", "\r\nBye.\r\n" })
            Assert.Contains(line, text, StringComparison.Ordinal);
        Assert.DoesNotContain("This is the mail server", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NotifyOn.Default, OutcomeKind.Failed, true)]
    [InlineData(NotifyOn.Failure, OutcomeKind.Failed, true)]
    [InlineData(NotifyOn.Failure | NotifyOn.Delay, OutcomeKind.Failed, true)]
    [InlineData(NotifyOn.Never, OutcomeKind.Failed, false)]
    [InlineData(NotifyOn.Success, OutcomeKind.Failed, false)]
    [InlineData(NotifyOn.Delay, OutcomeKind.Failed, false)]
    [InlineData(NotifyOn.Success, OutcomeKind.Delivered, true)]
    [InlineData(NotifyOn.Default, OutcomeKind.Delivered, false)]
    [InlineData(NotifyOn.Success, OutcomeKind.Relayed, true)]
    [InlineData(NotifyOn.Failure, OutcomeKind.Relayed, false)]
    [InlineData(NotifyOn.Default, OutcomeKind.Deferred, true)]
    [InlineData(NotifyOn.Delay, OutcomeKind.Deferred, true)]
    [InlineData(NotifyOn.Failure | NotifyOn.Success, OutcomeKind.Deferred, false)]
    [InlineData(NotifyOn.Never, OutcomeKind.Deferred, false)]
    public async Task Notify_says_whether_there_is_one(NotifyOn notify, OutcomeKind kind, bool expected)
    {
        var envelope = Messages.Envelope("grace@example.com");
        envelope = envelope with { Recipients = [envelope.Recipients[0] with { Notify = notify }] };
        var written = await WriteAsync(envelope, outcomes: [new RecipientOutcome(0, kind, kind == OutcomeKind.Failed ? "5.0.0" : "2.0.0", "x")]);
        Assert.Equal(expected, written is not null);
        if (written is { } report)
            Assert.Contains($"Action: {(kind == OutcomeKind.Deferred ? "delayed" : kind.ToString().ToLowerInvariant())}\r\n", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_warning_says_until_when_it_is_tried()
    {
        var until = new DateTimeOffset(2026, 3, 7, 12, 0, 0, TimeSpan.Zero);
        var outcome = new RecipientOutcome(0, OutcomeKind.Deferred, "4.4.1", "Connection refused") { RetryUntil = until };
        var (_, text) = (await WriteAsync(Messages.Envelope("grace@example.com") with { ReturnFull = true }, outcomes: [outcome]))!.Value;
        Assert.Contains("Subject: Delayed mail", text, StringComparison.Ordinal);
        Assert.Contains("Action: delayed\r\nStatus: 4.4.1\r\n", text, StringComparison.Ordinal);
        Assert.Contains("Will-Retry-Until: Sat, 07 Mar 2026 12:00:00 +0000\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret body", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_those_who_want_to_be_told_of_are()
    {
        var envelope = Messages.Envelope("grace@example.com", "joan@example.net");
        envelope = envelope with { Recipients = [envelope.Recipients[0] with { Notify = NotifyOn.Never }, envelope.Recipients[1]] };
        var (_, text) = (await WriteAsync(envelope, outcomes: [Failure(0), Failure(1)]))!.Value;
        Assert.DoesNotContain("grace@example.com", text, StringComparison.Ordinal);
        Assert.Contains("joan@example.net", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 10, false)]
    [InlineData(true, 10, true)]
    [InlineData(true, 6000, false)] // too large to return
    public async Task The_body_comes_back_only_where_asked_for_and_small(bool full, int padding, bool expected)
    {
        var body = "Subject: hi there\r\n\r\nsecret body\r\n" + new string('x', padding) + "\r\n";
        var (_, text) = (await WriteAsync(Messages.Envelope("grace@example.com") with { ReturnFull = full }, body))!.Value;
        Assert.Contains("Subject: hi there", text, StringComparison.Ordinal);
        Assert.Contains("Received: by mx.test", text, StringComparison.Ordinal);
        Assert.Equal(expected, text.Contains("secret body", StringComparison.Ordinal));
        Assert.Equal(expected, text.Contains("message/rfc822", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_huge_header_and_a_huge_diagnostic_are_cut()
    {
        var header = string.Concat(Enumerable.Range(0, 1000).Select(n => $"X-Field-{n}: something\r\n"));
        var (_, text) = (await WriteAsync(Messages.Envelope("grace@example.com"), header + "\r\nbody\r\n", outcomes: Failure(0, "550 " + new string('y', 10_000))))!.Value;
        Assert.Contains("X-Field-1: something\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Field-50:", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 500, 6000);
    }
}
