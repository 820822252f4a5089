using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Courier.Mail.Addresses;
using Courier.Mail.Headers;
using Courier.Mail.Mime;

namespace Courier.Mail.Reports;

/// <summary>Writes a <see cref="DeliveryReport"/> as multipart/report (RFC 3462 §1): text, message/delivery-status
/// (RFC 3464 §2) and the original message or its header.</summary>
internal sealed class ReportWriter(DeliveryReport report)
{
    private readonly ArrayBufferWriter<byte> _output = new(4096 + report.Original.Length);

    // RFC 6533: the types that may hold UTF-8 where ASCII does not do.
    private readonly bool _isGlobal = report.IsGlobal;

    public byte[] Write(string messageId, DateTimeOffset date)
    {
        if (report.Recipients.Count == 0)
            throw new InvalidOperationException("A report needs a recipient.");
        var original = Original();
        var is8Bit = _isGlobal || (report.FullOriginal && Has8Bit(original));
        var boundary = Boundary(messageId, original);
        WriteHeader(messageId, date, boundary, is8Bit);
        WriteText(boundary);
        WriteStatus(boundary);
        WriteOriginal(boundary, original, is8Bit);
        Line($"--{boundary}--");
        return _output.WrittenSpan.ToArray();
    }

    private void WriteHeader(string messageId, DateTimeOffset date, string boundary, bool is8Bit)
    {
        Line($"Date: {MailDate.Format(date)}");
        Field("From", report.Words.From ?? $"MAILER-DAEMON@{report.ReportingServer} (Mail Delivery System)");
        Line($"To: {report.Sender}");
        Field("Subject", ReportText.Subject(report));
        Line($"Message-ID: <{messageId}>");
        Line("Auto-Submitted: auto-replied"); // RFC 3834 §5: so that no robot answers it
        Line("MIME-Version: 1.0");
        Line($"Content-Type: multipart/report; report-type={(_isGlobal ? "global-delivery-status" : "delivery-status")};");
        Line($"\tboundary=\"{boundary}\"");
        if (is8Bit)
            Line("Content-Transfer-Encoding: 8bit"); // RFC 2045 §6.4: at least what the widest part has
        Line("");
        Line("This is a delivery report in MIME format (RFC 3464).");
        Line("");
    }

    private void WriteText(string boundary)
    {
        var text = ReportText.Body(report);
        var isAscii = Ascii.IsValid(text);
        Line($"--{boundary}");
        Line($"Content-Type: text/plain; charset={(isAscii ? "us-ascii" : "utf-8")}");
        if (!isAscii)
            Line("Content-Transfer-Encoding: quoted-printable");
        Line("Content-Description: Explanation");
        Line("");
        if (isAscii)
            _output.Write(Encoding.ASCII.GetBytes(text));
        else
            TransferEncodings.EncodeQuotedPrintable(Encoding.UTF8.GetBytes(text), _output);
        Line("");
    }

    /// <summary>Per-message fields, then a group of fields for each recipient (RFC 3464 §2.2, §2.3; RFC 3461 §6.3).</summary>
    private void WriteStatus(string boundary)
    {
        Line($"--{boundary}");
        Line(_isGlobal ? "Content-Type: message/global-delivery-status" : "Content-Type: message/delivery-status");
        if (_isGlobal)
            Line("Content-Transfer-Encoding: 8bit");
        Line("Content-Description: Delivery status");
        Line("");
        if (report.EnvelopeId is { } envelopeId)
            Field("Original-Envelope-Id", Xtext.TryDecode(envelopeId, out var decoded) ? decoded : envelopeId);
        Field("Reporting-MTA", $"dns; {report.ReportingServer}");
        Field("Arrival-Date", MailDate.Format(report.Arrival));
        foreach (var recipient in report.Recipients)
        {
            Line("");
            if (recipient.OriginalRecipient is { } original)
                Field("Original-Recipient", OriginalRecipient(original));
            Field("Final-Recipient", $"{(recipient.Recipient.IsAscii ? "rfc822" : "utf-8")}; {recipient.Recipient}");
            Field("Action", recipient.Action.ToString().ToLowerInvariant());
            Field("Status", recipient.Status);
            if (recipient.RemoteServer is { } server)
                Field("Remote-MTA", $"dns; {server}");
            if (recipient.Diagnostic is { } diagnostic)
                Field("Diagnostic-Code", $"{DiagnosticType(recipient, diagnostic)}; {diagnostic}");
            Field("Last-Attempt-Date", MailDate.Format(recipient.LastAttempt));
            if (recipient.WillRetryUntil is { } until)
                Field("Will-Retry-Until", MailDate.Format(until));
        }
        Line("");
    }

    private void WriteOriginal(string boundary, ReadOnlySpan<byte> original, bool is8Bit)
    {
        Line($"--{boundary}");
        if (report.FullOriginal)
        {
            Line(_isGlobal ? "Content-Type: message/global" : "Content-Type: message/rfc822");
            if (is8Bit)
                Line("Content-Transfer-Encoding: 8bit");
            Line("Content-Description: Your message");
            Line("");
            _output.Write(original);
        }
        else if (_isGlobal)
        {
            Line("Content-Type: message/global-headers");
            Line("Content-Transfer-Encoding: 8bit");
            Line("Content-Description: Header of your message");
            Line("");
            _output.Write(original);
        }
        else
        {
            // RFC 3462 §2: quoted-printable where the header is not as it should be.
            var isLegal = !Has8Bit(original) && !HasLongLine(original);
            Line("Content-Type: text/rfc822-headers");
            if (!isLegal)
                Line("Content-Transfer-Encoding: quoted-printable");
            Line("Content-Description: Header of your message");
            Line("");
            if (isLegal)
                _output.Write(original);
            else
                TransferEncodings.EncodeQuotedPrintable(original, _output);
        }
        Line("");
    }

    /// <summary>What is returned, with CRLF lines only, however it came: a report must not carry a bare CR or LF past anyone.</summary>
    private ReadOnlySpan<byte> Original()
    {
        var original = report.Original.Span;
        if (!report.FullOriginal)
            original = original[..HeaderReader.HeaderLength(original)].TrimEnd("\r\n"u8); // RFC 3462 §2: up to the blank line
        return ReportText.WithLineEnds(original);
    }

    private static string DiagnosticType(RecipientReport recipient, string diagnostic) =>
        recipient.RemoteServer is not null || diagnostic is [>= '2' and <= '5', >= '0' and <= '9', >= '0' and <= '9', ..]
            ? "smtp"
            : "x-courier";

    /// <summary>address-type ";" generic-address, the address decoded (RFC 3464 §2.3.1).</summary>
    private string OriginalRecipient(string given)
    {
        var type = given.IndexOf(';', StringComparison.Ordinal);
        if (given.StartsWith("utf-8;", StringComparison.OrdinalIgnoreCase))
            return $"utf-8; {given[6..]}";
        return type > 0 && Xtext.TryDecode(given[(type + 1)..].Trim(), out var address)
            ? Ascii.IsValid(address) ? $"{given[..type]}; {address}"
                // Octets of an address in UTF-8: RFC 6533 §3 has a type for it. In a report that is not global it stays encoded.
                : _isGlobal ? $"utf-8; {Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(address))}" : $"{given[..type]}; {given[(type + 1)..]}"
            : type > 0 ? given : $"unknown; {given}";
    }

    /// <summary>Known to be absent from what it separates. Made of the Message-ID, which the writer of the original could not
    /// foresee; encoded parts cannot hold <c>=_</c> at all.</summary>
    private static string Boundary(string messageId, ReadOnlySpan<byte> original)
    {
        var seed = messageId;
        while (true)
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(seed));
            var boundary = "=_" + Convert.ToHexStringLower(hash.AsSpan(0, 16));
            if (original.IndexOf(Encoding.ASCII.GetBytes(boundary)) < 0)
                return boundary;
            seed += "+";
        }
    }

    private static bool Has8Bit(ReadOnlySpan<byte> text) => text.ContainsAnyExceptInRange((byte)0, (byte)127);

    private static bool HasLongLine(ReadOnlySpan<byte> text)
    {
        foreach (var line in text.Split((byte)'\n'))
            if (line.End.GetOffset(text.Length) - line.Start.GetOffset(text.Length) > ReportText.LongestLine + 1)
                return true;
        return false;
    }

    private void Field(string name, string value)
    {
        foreach (var line in ReportText.Wrap($"{name}: {value}", isHeader: !_isGlobal))
            Line(line);
    }

    private void Line(string text)
    {
        Encoding.UTF8.GetBytes(text, _output);
        _output.Write("\r\n"u8);
    }
}
