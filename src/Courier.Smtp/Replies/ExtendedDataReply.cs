using System.Globalization;

namespace Courier.Smtp.Replies;

/// <summary>One answer to end of data for each recipient, as the lines of a single reply (Courier's EXDATA, draft-varshavchik-exdata-smtpext §5).</summary>
public static class ExtendedDataReply
{
    /// <summary>The code that says so.</summary>
    public const int Code = 558;

    /// <summary>§7.2: what of it never came is to be asked again.</summary>
    private static readonly SmtpReply _missing = new(451, new(4, 5, 0), "The server's list of answers ended too early");

    /// <summary>§6: where all recipients were taken, or there is but one, an ordinary reply says it.</summary>
    public static SmtpReply Of(IReadOnlyList<SmtpReply> replies)
    {
        ArgumentNullException.ThrowIfNull(replies);
        return replies.Count == 1 || replies.All(static reply => reply.IsPositive)
            ? replies[0]
            : new SmtpReply(Code, null, string.Join('\n', replies.SelectMany(Lines)));
    }

    /// <summary>The answers in a reply of 558; null where its first line is none, and it is an ordinary refusal.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="count">How many are due.</param>
    public static IReadOnlyList<SmtpReply>? Read(SmtpReply reply, int count)
    {
        ArgumentNullException.ThrowIfNull(reply);
        var answers = new List<SmtpReply>(count);
        var text = new List<string>();
        foreach (var line in reply.Text.Split('\n'))
        {
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code is < 200 or > 599)
                break;
            text.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length > 3 && line[3] == '-')
                continue;
            answers.Add(Answer(code, text));
            text.Clear();
        }

        if (answers.Count == 0)
            return null;
        while (answers.Count < count)
            answers.Add(_missing);
        return answers;
    }

    private static IEnumerable<string> Lines(SmtpReply reply)
    {
        var lines = reply.Text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var separator = i == lines.Length - 1 ? ' ' : '-';
            yield return reply.Status is { } status
                ? string.Create(CultureInfo.InvariantCulture, $"{reply.Code}{separator}{status} {lines[i]}")
                : string.Create(CultureInfo.InvariantCulture, $"{reply.Code}{separator}{lines[i]}");
        }
    }

    /// <summary>RFC 2034 §4: the enhanced code stands before the text, on each line the same.</summary>
    private static SmtpReply Answer(int code, List<string> lines)
    {
        var words = lines[^1].Split(' ', 2);
        if (words[0].Split('.') is not [var c, var s, var d] || !int.TryParse(c, out var statusClass) || statusClass != code / 100
            || !int.TryParse(s, out var subject) || !int.TryParse(d, out var detail))
            return new SmtpReply(code, null, string.Join('\n', lines));
        var mark = words[0] + " ";
        return new SmtpReply(code, new(statusClass, subject, detail), string.Join('\n', lines.Select(line => line.StartsWith(mark, StringComparison.Ordinal) ? line[mark.Length..] : line)));
    }
}
