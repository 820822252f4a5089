using System.Globalization;
using System.Text;

namespace Courier.Faults.Load;

/// <summary>Messages that can be recognised wherever they turn up, whole or torn.</summary>
public static class Messages
{
    /// <summary>From 1 KB to 200 KB, small ones more often, so that bodies inline and in files are both met.</summary>
    public static int RandomSize(Random random) => (int)(1024 * Math.Pow(200, random.NextDouble()));

    /// <summary>A message of about this size: the token stands in the header, and the last line names it again.</summary>
    public static string Text(string token, int size)
    {
        var text = new StringBuilder(size + 400);
        text.Append(CultureInfo.InvariantCulture, $"From: load@example.org\r\nTo: test@example.test\r\nSubject: {token}\r\nX-Token: {token}\r\n\r\n");
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

    public static bool IsWhole(string text, string token) => text.TrimEnd('\r', '\n').EndsWith($"end of {token}", StringComparison.Ordinal);
}
