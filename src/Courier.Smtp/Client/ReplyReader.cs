using System.IO.Pipelines;
using System.Text;
using Courier.IO.Wire;
using Courier.Smtp.Replies;

namespace Courier.Smtp.Client;

/// <summary>What a server said is no reply of SMTP.</summary>
internal sealed class BadReplyException(string message) : IOException(message);

/// <summary>Reads the replies of a server (RFC 5321 §4.2): one or more lines with the same code, of bounded length and number.</summary>
internal sealed class ReplyReader(SmtpClientLimits limits)
{
    private const int CodeDigits = 3;

    private readonly LineReader _lines = new(limits.ReplyLineBytes) { EndlessBytes = 0 };

    public async ValueTask<SmtpReply> ReadAsync(PipeReader input, CancellationToken ct)
    {
        StringBuilder? text = null;
        int? code = null;
        for (var count = 0; count < limits.ReplyLines; count++)
        {
            var status = await _lines.ReadAsync(input, ct);
            if (status == LineStatus.End)
                throw new IOException("The server closed the connection.");
            if (status is LineStatus.TooLong or LineStatus.Endless)
                throw new BadReplyException("The server sent a reply line that is too long.");
            var line = _lines.Line.Span;
            if (Code(line) is not { } digits || (code is not null && code != digits))
                throw new BadReplyException("The server sent a line that is no reply.");
            code = digits;
            var isLast = line.Length == CodeDigits || line[CodeDigits] == (byte)' ';
            var words = line.Length == CodeDigits ? "" : Printable(line[(CodeDigits + 1)..]);
            if (isLast && text is null)
                return Compose(digits, words);
            text = text is null ? new StringBuilder(words) : text.Append('\n').Append(words);
            if (isLast)
                return Compose(digits, text.ToString());
        }

        throw new BadReplyException("The server sent a reply of too many lines.");
    }

    // RFC 5321 §4.2: the first digit is 2 to 5; what follows the code is SP, "-" or, from sloppy servers, nothing.
    private static int? Code(ReadOnlySpan<byte> line)
    {
        if (line.Length < CodeDigits || line[..CodeDigits].ContainsAnyExceptInRange((byte)'0', (byte)'9') || line[0] is < (byte)'2' or > (byte)'5')
            return null;
        if (line.Length > CodeDigits && line[CodeDigits] is not ((byte)' ' or (byte)'-'))
            return null;
        return ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + (line[2] - '0');
    }

    private static string Printable(ReadOnlySpan<byte> text) => string.Create(text.Length, text, static (chars, bytes) =>
    {
        for (var i = 0; i < bytes.Length; i++)
            chars[i] = bytes[i] is >= (byte)' ' and <= (byte)'~' ? (char)bytes[i] : '?';
    });

    /// <summary>Takes the enhanced code (RFC 2034 §4) off the text where there is one that fits the reply.</summary>
    private static SmtpReply Compose(int code, string text)
    {
        if (Status(text, code / 100) is not { } status)
            return new SmtpReply(code, null, text);
        var prefix = status.ToString();
        var lines = text.Split('\n').Select(line => line.StartsWith(prefix, StringComparison.Ordinal) ? line[prefix.Length..].TrimStart(' ') : line);
        return new SmtpReply(code, status, string.Join('\n', lines));
    }

    private static EnhancedStatus? Status(string text, int expectedClass)
    {
        const int numberDigits = 3;
        if (expectedClass is not (2 or 4 or 5))
            return null;
        var end = text.AsSpan().IndexOfAny(' ', '\n');
        var word = end < 0 ? text.AsSpan() : text.AsSpan(0, end);
        Span<Range> parts = stackalloc Range[4];
        if (word.Split(parts, '.') != 3 || word[parts[0]] is not [var digit] || digit - '0' != expectedClass)
            return null;
        return Number(word[parts[1]]) is { } subject && Number(word[parts[2]]) is { } detail
            ? new EnhancedStatus(expectedClass, subject, detail)
            : null;

        // Canonical only, so that its text can be found again.
        static int? Number(ReadOnlySpan<char> digits) =>
            digits.Length is 0 or > numberDigits || digits.ContainsAnyExceptInRange('0', '9') || digits is ['0', _, ..]
                ? null
                : int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
    }
}
