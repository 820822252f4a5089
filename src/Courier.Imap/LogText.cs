using System.Text;

namespace Courier.Imap;

/// <summary>What strangers send, made fit for a log line: no control characters, no more than a line can bear.</summary>
internal static class LogText
{
    private const int LengthMax = 200;

    public static string Clean(ReadOnlySpan<byte> text) => Clean(Encoding.UTF8.GetString(text));

    public static string Clean(string text)
    {
        var cut = text.Length > LengthMax ? text[..LengthMax] : text;
        return cut.Any(char.IsControl) ? string.Concat(cut.Select(c => char.IsControl(c) ? '?' : c)) : cut;
    }
}
