using System.Text;
using Courier.Mail.Addresses;
using Courier.Mail.Headers;
using Courier.Mail.Mime;
using Courier.Mail.Reports;

namespace Courier.Tests.Mail;

public sealed class DeliveryReportTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly byte[] Original = "From: ada@example.org\r\nSubject: hello\r\n\r\nThe body.\r\n"u8.ToArray();

    private static RecipientReport Recipient(
        string address, DeliveryAction action = DeliveryAction.Failed, string? diagnostic = "550 5.1.1 No such user", string? server = "mx.example.net", string? original = null) =>
        new(MailAddress.Parse(address), original, action, "5.1.1", server, diagnostic, Noon);

    private static DeliveryReport Report(IReadOnlyList<RecipientReport> recipients, byte[]? original = null, bool full = false, string? envelopeId = null) =>
        new("mail.example.org", MailAddress.Parse("ada@example.org"), envelopeId, Noon, recipients, original ?? Original, full);

    /// <summary>The report, held against what every one must keep.</summary>
    private static Parts Write(DeliveryReport report)
    {
        var message = report.ToMessage("report-1@mail.example.org", Noon);
        var root = MimeReader.Read(message, MimeLimits.Default);
        Assert.Equal(("multipart", "report", 3), (root.Type, root.Subtype, root.Children.Count));
        Assert.Equal("delivery-status", ContentHeader.Parameter(root.Parameters, "report-type"));
        Assert.Equal("text/plain message/delivery-status " + (report.FullOriginal ? "message/rfc822" : "text/rfc822-headers"),
            string.Join(' ', root.Children.Select(part => $"{part.Type}/{part.Subtype}")));
        var text = Encoding.Latin1.GetString(message);
        Assert.DoesNotContain('\r', text.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.DoesNotContain('\n', text.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.All(text.Split("\r\n"), line => Assert.InRange(line.Length, 0, 998));
        var status = root.Children[1];
        return new(text, MimeText.Of(message, root.Children[0])!, text.Substring(status.BodyStart, status.BodyLength),
            message[root.Children[2].BodyStart..(root.Children[2].BodyStart + root.Children[2].BodyLength)], root);
    }

    private sealed record Parts(string Message, string Text, string Status, byte[] Original, MimePart Root);

    [Fact]
    public void A_failure_names_recipient_server_and_reply()
    {
        var report = Write(Report([Recipient("bob@example.net")]));
        var header = Encoding.Latin1.GetBytes(report.Message);
        Assert.Equal("MAILER-DAEMON@mail.example.org (Mail Delivery System)", Encoding.ASCII.GetString(HeaderReader.Find(header, "from"u8)!));
        Assert.Equal("ada@example.org", Encoding.ASCII.GetString(HeaderReader.Find(header, "to"u8)!));
        Assert.Equal("auto-replied", Encoding.ASCII.GetString(HeaderReader.Find(header, "auto-submitted"u8)!));
        Assert.Equal("<report-1@mail.example.org>", Encoding.ASCII.GetString(HeaderReader.Find(header, "message-id"u8)!));
        Assert.True(MailDate.TryParse(HeaderReader.Find(header, "date"u8), out var date) && date == Noon);
        Assert.Contains("Undelivered", Encoding.ASCII.GetString(HeaderReader.Find(header, "subject"u8)!), StringComparison.Ordinal);
        Assert.Contains("  bob@example.net\r\n    mx.example.net answered:\r\n      550 5.1.1 No such user\r\n", report.Text, StringComparison.Ordinal);
        Assert.Equal(
            """
            Reporting-MTA: dns; mail.example.org
            Arrival-Date: Sat, 21 Nov 2026 12:00:00 +0000

            Final-Recipient: rfc822; bob@example.net
            Action: failed
            Status: 5.1.1
            Remote-MTA: dns; mx.example.net
            Diagnostic-Code: smtp; 550 5.1.1 No such user
            Last-Attempt-Date: Sat, 21 Nov 2026 12:00:00 +0000

            """.ReplaceLineEndings("\r\n"), report.Status);
        Assert.Equal("From: ada@example.org\r\nSubject: hello\r\n", Encoding.ASCII.GetString(report.Original));
    }

    [Fact]
    public void Envelope_id_and_original_recipient_are_given_back_decoded()
    {
        var report = Write(Report([Recipient("bob@example.net", original: "rfc822;Bob+2Bx@example.com")], envelopeId: "QQ+2B1"));
        Assert.StartsWith("Original-Envelope-Id: QQ+1\r\n", report.Status, StringComparison.Ordinal);
        Assert.Contains("\r\nOriginal-Recipient: rfc822; Bob+x@example.com\r\n", report.Status, StringComparison.Ordinal);
        report = Write(Report([Recipient("bob@example.net", original: "odd")]));
        Assert.Contains("\r\nOriginal-Recipient: unknown; odd\r\n", report.Status, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DeliveryAction.Failed, "Undelivered", "failed")]
    [InlineData(DeliveryAction.Delayed, "Delayed", "delayed")]
    [InlineData(DeliveryAction.Delivered, "Delivery report", "delivered")]
    [InlineData(DeliveryAction.Relayed, "Delivery report", "relayed")]
    [InlineData(DeliveryAction.Expanded, "Delivery report", "expanded")]
    public void Every_action_has_its_words(DeliveryAction action, string subject, string word)
    {
        var report = Write(Report([Recipient("bob@example.net", action)]));
        Assert.Contains("\r\nSubject: " + subject, report.Message, StringComparison.Ordinal);
        Assert.Contains($"\r\nAction: {word}\r\n", report.Status, StringComparison.Ordinal);
        Assert.Contains("bob@example.net", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Recipients_are_grouped_by_what_became_of_them()
    {
        var report = Write(Report([Recipient("late@x", DeliveryAction.Delayed), Recipient("bad@x"), Recipient("bad2@x", diagnostic: null, server: null)]));
        Assert.Contains("\r\nSubject: Undelivered", report.Message, StringComparison.Ordinal);
        Assert.True(report.Text.IndexOf("bad2@x", StringComparison.Ordinal) < report.Text.IndexOf("late@x", StringComparison.Ordinal));
        Assert.Equal(3, report.Status.Split("Final-Recipient: ").Length - 1);
        Assert.Equal(3, report.Status.Split("\r\n\r\n").Length - 1);
    }

    [Fact]
    public void A_reply_of_any_form_cannot_break_out_of_its_field()
    {
        var evil = "550-first\r\n550 second\r\n\r\nAction: delivered\r\n--x\0" + new string('y', 5000) + " zä€😀";
        var report = Write(Report([Recipient("bob@example.net", diagnostic: evil)], envelopeId: "a\r\nX: y"));
        Assert.DoesNotContain("\r\nAction: delivered", report.Status, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\nX: y", report.Status, StringComparison.Ordinal);
        Assert.True(Ascii.IsValid(report.Status));
        Assert.Contains("zä€😀", report.Text, StringComparison.Ordinal);
        Assert.Contains("      550-first\r\n      550 second\r\n", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_original_is_returned_octet_for_octet()
    {
        byte[] original = [.. Original, 0xe4, .. "\r\n"u8];
        var report = Write(Report([Recipient("bob@example.net")], original, full: true));
        Assert.Equal(original, report.Original);
        Assert.Equal(("8bit", "8bit"), (report.Root.TransferEncoding, report.Root.Children[2].TransferEncoding));
        Assert.True(report.Root.Children[2].IsMessage);
        report = Write(Report([Recipient("bob@example.net")], Original, full: true));
        Assert.Equal("7bit", report.Root.TransferEncoding);
    }

    [Theory]
    [InlineData("Subject: ä\r\n\r\nbody", "Subject: ä\r\n")]
    [InlineData("Subject: x\n\nbody", "Subject: x\r\n")]
    [InlineData("A: b\rC: d\r\n", "A: b\r\nC: d\r\n")]
    [InlineData("", "")]
    public void A_header_is_returned_as_legal_text(string original, string expected)
    {
        var report = Write(Report([Recipient("bob@example.net")], Encoding.UTF8.GetBytes(original)));
        var part = report.Root.Children[2];
        Assert.True(Ascii.IsValid(report.Message));
        Assert.Equal(expected.TrimEnd(), Encoding.UTF8.GetString(MimeText.DecodeTransfer(report.Original, part.TransferEncoding)).TrimEnd());
    }

    [Fact]
    public void A_long_line_of_a_header_is_returned_whole()
    {
        var original = "Subject: " + new string('x', 5000) + "\r\n";
        var report = Write(Report([Recipient("bob@example.net")], Encoding.ASCII.GetBytes(original)));
        Assert.Equal(original, Encoding.ASCII.GetString(MimeText.DecodeTransfer(report.Original, "quoted-printable")));
    }

    [Fact]
    public void A_boundary_in_the_original_is_avoided()
    {
        var first = Write(Report([Recipient("bob@example.net")], full: true));
        var boundary = ContentHeader.Parameter(first.Root.Parameters, "boundary")!;
        byte[] original = [.. Original, .. Encoding.ASCII.GetBytes($"--{boundary}--\r\n")];
        Assert.Equal(original, Write(Report([Recipient("bob@example.net")], original, full: true)).Original);
    }

    [Theory]
    [InlineData("a+b=c d\u00e4", "a+2Bb+3Dc+20d+E4")]
    [InlineData("", "")]
    public void Xtext_is_read_as_it_is_written(string text, string xtext)
    {
        Assert.Equal(xtext, Xtext.Encode(text));
        Assert.True(Xtext.TryDecode(xtext, out var decoded));
        Assert.Equal(text, decoded);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a=b")]
    [InlineData("a+2")]
    [InlineData("a+2b")]
    [InlineData("ä")]
    public void What_is_no_xtext_is_refused(string xtext) => Assert.False(Xtext.TryDecode(xtext, out _));

    // RFC 6533 §3, §4.
    [Theory]
    [InlineData(true, "message/global", "8bit")]
    [InlineData(false, "message/global-headers", "8bit")]
    public void An_address_beyond_ascii_makes_an_international_report(bool isFull, string type, string encoding)
    {
        var report = new DeliveryReport(
            "mail.example.test", new MailAddress("ada", "grüße.example"), null, default,
            [new RecipientReport(new MailAddress("用户", "example.com"), null, DeliveryAction.Failed, "5.1.1", null, "Es gibt keinen 用户", default)],
            Encoding.UTF8.GetBytes("Subject: 你好\r\n\r\nbody\r\n"), isFull)
        { IsGlobal = true };
        var text = Encoding.UTF8.GetString(report.ToMessage("id@mail.example.test", default));
        foreach (var line in new[]
        {
            "To: ada@grüße.example\r\n", "report-type=global-delivery-status", "Content-Type: message/global-delivery-status\r\n", "Final-Recipient: utf-8; 用户@example.com\r\n",
            "Es gibt keinen 用户", $"Content-Type: {type}\r\nContent-Transfer-Encoding: {encoding}\r\n", "Subject: 你好\r\n",
        })
            Assert.Contains(line, text, StringComparison.Ordinal);
    }
}
