using System.Globalization;
using System.Text;

namespace Courier.Faults.Load;

/// <summary>Messages that can be recognised wherever they turn up, whole or torn.</summary>
public static class Messages
{
    private const string FirstLine = "From: load@example.org\r\n";
    private const string SizeField = "X-Size: ";

    /// <summary>From 1 KB to 400 KB, small ones more often: bodies kept inline, in files, and (above 128 KB) never whole in memory.</summary>
    public static int RandomSize(Random random) => (int)(1024 * Math.Pow(400, random.NextDouble()));

    /// <summary>The message of this token and size, the same at every call: the token stands in the header, and the last line names it again.</summary>
    public static string Text(string token, int size)
    {
        var text = new StringBuilder(size + 400);
        text.Append(CultureInfo.InvariantCulture, $"{FirstLine}To: test@example.test\r\nSubject: {token}\r\nX-Token: {token}\r\n{SizeField}{size}\r\n\r\n");
        for (var line = 0; text.Length < size; line++)
            text.Append(CultureInfo.InvariantCulture, $"{line,8} The quick brown fox jumps over the lazy dog, and back again.\r\n");
        return text.Append(CultureInfo.InvariantCulture, $"end of {token}\r\n").ToString();
    }

    /// <summary>The token of a message, or null if its header has none.</summary>
    public static string? TokenOf(string text)
    {
        const string Field = "X-Token: ";
        var start = text.IndexOf(Field, StringComparison.Ordinal);
        if (start < 0)
            return null;
        var end = text.IndexOfAny(['\r', '\n'], start);
        return end < 0 ? null : text[(start + Field.Length)..end];
    }

    /// <summary>Whether every byte from the first line of ours to the last is what was sent; lines may end in LF, as in a Maildir.</summary>
    public static bool IsWhole(string text, string token)
    {
        var wire = text.ReplaceLineEndings("\r\n");
        var start = wire.IndexOf(FirstLine, StringComparison.Ordinal);
        var size = wire.IndexOf(SizeField, StringComparison.Ordinal) + SizeField.Length;
        return start >= 0 && size > start
            && int.TryParse(wire.AsSpan(size, Math.Max(0, wire.IndexOf('\r', size) - size)), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && wire.AsSpan(start).SequenceEqual(Text(token, length));
    }
}
