using System.Buffers;
using System.Globalization;
using System.Text;

namespace Courier.Mail.Reports;

/// <summary>What a report says to a person, and how its lines are kept within RFC 5322 §2.1.1.</summary>
internal static class ReportText
{
    /// <summary>RFC 5322 §2.1.1, without the line end.</summary>
    public const int LongestLine = 998;

    /// <summary>Where a line is broken if it has a space; RFC 5322 §2.1.1 asks for no more than 78.</summary>
    private const int UsualLine = 74;

    public static string Subject(DeliveryReport report) => Worst(report) switch
    {
        DeliveryAction.Failed => Filled(report, report.Words.SubjectNotice)?.Split('\n')[0] ?? "Undelivered mail: your message was not delivered",
        DeliveryAction.Delayed => Filled(report, report.Words.SubjectDelayed)?.Split('\n')[0] ?? "Delayed mail: your message is not delivered yet",
        _ => Filled(report, report.Words.SubjectNotice)?.Split('\n')[0] ?? "Delivery report: your message was delivered",
    };

    /// <summary>CRLF lines.</summary>
    public static string Body(DeliveryReport report)
    {
        var body = new StringBuilder();
        AddWords(body, Filled(report, report.Words.Header)
            ?? $"This is the mail server {report.ReportingServer}, about a message that you sent on {MailDay(report.Arrival)}.");
        AddGroup(body, report, DeliveryAction.Failed, report.Words.Failed ??
            "It could not be delivered to the recipients below, and will not be tried again:");
        AddGroup(body, report, DeliveryAction.Delayed, report.Words.Delayed ??
            "It is not delivered yet to the recipients below. There is nothing you need to do: it stays in our queue and is tried again:");
        AddGroup(body, report, DeliveryAction.Delivered, report.Words.Delivered ?? "It was put into the mailboxes of:");
        AddGroup(body, report, DeliveryAction.Relayed, report.Words.Relayed ?? "It was handed on to servers that send no reports of their own, for:");
        AddGroup(body, report, DeliveryAction.Expanded, "It was sent on to all members of:");
        Add(body, "");
        AddWords(body, Filled(report, report.Words.Footer) ?? (report.FullOriginal
            ? "The details for machines and your message are attached."
            : "The details for machines and the header of your message are attached."));
        return body.ToString();
    }

    /// <summary>Breaks text into lines: at spaces if there are any, and never past <see cref="LongestLine"/>. Control characters
    /// become spaces; in header fields other characters than ASCII become question marks (RFC 3464 §2.1 is ASCII).</summary>
    public static IEnumerable<string> Wrap(string text, bool isHeader, string indent = "\t")
    {
        var clean = Clean(text, isHeader);
        var (start, prefix) = (0, "");
        while (clean.Length - start > UsualLine - prefix.Length)
        {
            var room = UsualLine - prefix.Length;
            // At the last space that leaves words on both sides; else at the first one after; else hard.
            var end = clean.LastIndexOf(' ', start + room, room);
            if (end <= start || clean.AsSpan(start, end - start).IsWhiteSpace())
            {
                var limit = Math.Min(clean.Length - start, LongestLine / 4 - prefix.Length); // four octets a character at most
                end = clean.IndexOf(' ', start + 1, limit - 1);
                if (end < 0)
                    end = limit == clean.Length - start ? clean.Length : start + limit;
            }
            if (end == clean.Length)
                break;
            if (char.IsLowSurrogate(clean[end]))
                end--;
            yield return prefix + clean[start..end];
            start = clean[end] == ' ' ? end + 1 : end;
            prefix = indent;
        }
        if (start < clean.Length || start == 0)
            yield return prefix + clean[start..];
    }

    /// <summary>Bare CR and bare LF become CRLF, and the last line gets its end.</summary>
    public static ReadOnlySpan<byte> WithLineEnds(ReadOnlySpan<byte> text)
    {
        if (HasLineEnds(text))
            return text;
        var normal = new ArrayBufferWriter<byte>(text.Length + text.Length / 16 + 2);
        while (!text.IsEmpty)
        {
            var end = text.IndexOfAny((byte)'\r', (byte)'\n');
            var line = end < 0 ? text : text[..end];
            normal.Write(line);
            normal.Write("\r\n"u8);
            text = text[line.Length..];
            text = text[(text is [(byte)'\r', (byte)'\n', ..] ? 2 : text.IsEmpty ? 0 : 1)..];
        }
        return normal.WrittenSpan;
    }

    private static bool HasLineEnds(ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty && !text.EndsWith("\r\n"u8))
            return false;
        for (var end = text.IndexOfAny((byte)'\r', (byte)'\n'); end >= 0; end = text.IndexOfAny((byte)'\r', (byte)'\n'))
        {
            if (text[end..] is not [(byte)'\r', (byte)'\n', ..])
                return false;
            text = text[(end + 2)..];
        }
        return true;
    }

    private static DeliveryAction Worst(DeliveryReport report) => report.Recipients.Min(recipient => recipient.Action);

    private static void AddGroup(StringBuilder body, DeliveryReport report, DeliveryAction action, string heading)
    {
        var isFirst = true;
        foreach (var recipient in report.Recipients.Where(recipient => recipient.Action == action))
        {
            if (isFirst)
            {
                Add(body, "");
                AddWords(body, Filled(report, heading)!);
            }
            isFirst = false;
            Add(body, "");
            Add(body, $"  {recipient.Recipient}", "    ");
            if (recipient.Diagnostic is { } diagnostic)
            {
                Add(body, recipient.RemoteServer is { } server ? $"    {server} answered:" : "    The reason:", "    ");
                foreach (var line in diagnostic.Split('\n'))
                    Add(body, $"      {line.TrimEnd('\r')}", "      ");
            }
        }
    }

    private static void AddWords(StringBuilder body, string text)
    {
        foreach (var line in text.TrimEnd().Split('\n'))
            Add(body, line);
    }

    private static string? Filled(DeliveryReport report, string? words) => words?
        .Replace("[#ME#]", report.ReportingServer, StringComparison.Ordinal)
        .Replace("[#FROMTIME#]", MailDay(report.Arrival), StringComparison.Ordinal)
        .Replace("[#FROMMTA#]", report.ReceivedFrom ?? "", StringComparison.Ordinal);

    private static void Add(StringBuilder body, string text, string indent = "")
    {
        foreach (var line in Wrap(text, isHeader: false, indent))
            body.Append(line).Append("\r\n");
    }

    private static string MailDay(DateTimeOffset date) => date.ToString("d MMMM yyyy 'at' HH:mm:ss zzz", CultureInfo.InvariantCulture);

    private static string Clean(string text, bool isHeader)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c == '\r')
                continue;
            clean.Append(char.IsControl(c) ? ' ' : isHeader && c > '~' ? '?' : c);
        }
        return clean.ToString().TrimEnd();
    }
}
