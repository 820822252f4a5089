using System.Globalization;
using System.Text;

namespace Courier.Mailboxes.Upkeep;

/// <summary>The line that starts a message in an mbox: <c>From sender Tue Sep  1 10:00:00 2026</c>, in the forms that programs have written (courier.md
/// Appendix P): with or without seconds, with a zone before or after the year, or with the date of a header.</summary>
internal readonly record struct FromLine(string Sender, DateTimeOffset Date)
{
    /// <summary>Longer ones are no such line.</summary>
    internal const int MaxBytes = 1024;

    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    internal static bool IsCandidate(ReadOnlySpan<byte> line) => line.StartsWith("From "u8);

    internal static bool TryParse(ReadOnlySpan<byte> line, out FromLine from)
    {
        from = default;
        if (!IsCandidate(line) || line.Length > MaxBytes)
            return false;
        var words = Encoding.Latin1.GetString(line[5..]).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        // The date stands at the end; a sender may have spaces in it.
        var month = Array.FindLastIndex(words, word => MonthOf(word) > 0);
        var clock = Array.FindLastIndex(words, word => TimeOnly.TryParseExact(word, (string[])["H:mm", "H:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out _));
        if (month < 1 || clock < 0)
            return false;
        var year = words.Skip(month).Select(word => Number(word)).FirstOrDefault(number => number is >= 1970 and <= 9999);
        var day = Number(words[month - 1].TrimEnd(',')) is >= 1 and <= 31 and var before ? before : month + 1 < words.Length ? Number(words[month + 1]) : 0;
        var time = TimeOnly.Parse(words[clock], CultureInfo.InvariantCulture);
        if (year == 0 || day is < 1 or > 31 || day > DateTime.DaysInMonth(year, MonthOf(words[month])))
            return false;
        var sender = words.Take(month).TakeWhile(word => !IsDayName(word) && Number(word.TrimEnd(',')) == 0).ToList();
        var zone = words.Skip(month).Select(ZoneOf).FirstOrDefault(offset => offset is not null) ?? TimeSpan.Zero;
        from = new FromLine(sender.Count == 0 ? "" : sender[0], new DateTimeOffset(year, MonthOf(words[month]), day, time.Hour, time.Minute, time.Second, zone));
        return true;
    }

    private static int MonthOf(string word) => Array.IndexOf(Months, word) + 1;

    private static bool IsDayName(string word) => word.TrimEnd(',') is "Mon" or "Tue" or "Wed" or "Thu" or "Fri" or "Sat" or "Sun";

    private static int Number(string word) => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    /// <summary><c>+0200</c>; the letters of zones mean too many things.</summary>
    private static TimeSpan? ZoneOf(string word) =>
        word is ['+' or '-', _, _, _, _] && Number(word[1..]) is var zone && (zone > 0 || word[1..] == "0000") && zone / 100 < 15 && zone % 100 < 60
            ? (word[0] == '-' ? -1 : 1) * new TimeSpan(zone / 100, zone % 100, 0)
            : null;
}
