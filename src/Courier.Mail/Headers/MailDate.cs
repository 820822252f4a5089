using System.Globalization;
using System.Text;

namespace Courier.Mail.Headers;

/// <summary>Dates of header fields (RFC 5322 §3.3, §4.3) and of IMAP (RFC 3501 §9).</summary>
/// <remarks>A zone that no clock has (past ±14:00) is read as +0000 with the time as written, for SENTSINCE and its like compare
/// the written date (RFC 3501 §6.4.4).</remarks>
public static class MailDate
{
    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    // RFC 5322 §4.3: these eight have meanings; military letters are unknown in practice and stand for -0000, as anything else.
    private static readonly Dictionary<string, int> ZoneHours = new(StringComparer.OrdinalIgnoreCase)
    {
        ["EDT"] = -4,
        ["EST"] = -5,
        ["CDT"] = -5,
        ["CST"] = -6,
        ["MDT"] = -6,
        ["MST"] = -7,
        ["PDT"] = -7,
        ["PST"] = -8,
    };

    /// <summary>Reads a Date field, obsolete forms and zones included.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DateTimeOffset date)
    {
        date = default;
        var reader = new DateReader(text);
        reader.SkipSpace();
        if (!reader.Word().IsEmpty) // the name of the day is not held against the date
        {
            reader.SkipSpace();
            reader.Take(',');
            reader.SkipSpace();
        }
        var day = reader.Number(1, 2);
        reader.SkipSpace();
        reader.Take('-'); // 15-Feb-2007, which some write in header fields too
        var month = Month(reader.Word());
        reader.SkipSpace();
        reader.Take('-');
        var year = reader.Number(2, 4, out var digits);
        if (day < 0 || month == 0 || year < 0)
            return false;
        year += digits switch { 2 => year < 50 ? 2000 : 1900, 3 => 1900, _ => 0 }; // RFC 5322 §4.3
        return TryTime(ref reader, out var time) && TryMake(year, month, day, time, Zone(ref reader), out date);
    }

    /// <summary><c>Sat, 21 Nov 2026 01:02:03 +0000</c>.</summary>
    public static string Format(DateTimeOffset date) =>
        date.ToString("ddd, dd MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + FormatZone(date.Offset);

    /// <summary>IMAP date-time without its quotes: <c>21-Nov-2026 01:02:03 +0000</c>, day padded with a space.</summary>
    public static string FormatImap(DateTimeOffset date) =>
        date.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2)
        + date.ToString("-MMM-yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + FormatZone(date.Offset);

    /// <summary>date-time of RFC 3501 §9, without its quotes: strict, but for one digit of the day without its space.</summary>
    public static bool TryParseImap(ReadOnlySpan<byte> text, out DateTimeOffset date)
    {
        date = default;
        var reader = new DateReader(text);
        var day = reader.Take(' ') ? reader.Number(1, 1) : reader.Number(1, 2);
        if (!reader.Take('-'))
            return false;
        var month = Month(reader.Word());
        if (!reader.Take('-'))
            return false;
        var year = reader.Number(4, 4);
        if (day < 0 || month == 0 || year < 0 || !reader.Take(' '))
            return false;
        var hour = reader.Number(2, 2);
        if (!reader.Take(':') || reader.Number(2, 2) is not (>= 0 and var minute) || !reader.Take(':')
            || reader.Number(2, 2) is not (>= 0 and var second) || !reader.Take(' '))
            return false;
        var isWest = reader.Next == '-';
        if (!reader.Take('+') && !reader.Take('-'))
            return false;
        var zone = reader.Number(4, 4);
        if (zone < 0 || zone % 100 > 59 || reader.Next >= 0)
            return false;
        var offset = new TimeSpan(zone / 100, zone % 100, 0);
        return hour >= 0 && TryMake(year, month, day, (hour, minute, second), isWest ? -offset : offset, out date);
    }

    /// <summary>time-of-day with the white space that §4.3 allows, seconds optional.</summary>
    private static bool TryTime(ref DateReader reader, out (int Hour, int Minute, int Second) time)
    {
        time = default;
        reader.SkipSpace();
        var hour = reader.Number(1, 2);
        reader.SkipSpace();
        if (hour < 0 || !reader.Take(':'))
            return false;
        reader.SkipSpace();
        var minute = reader.Number(1, 2);
        reader.SkipSpace();
        var second = 0;
        if (reader.Take(':'))
        {
            reader.SkipSpace();
            second = reader.Number(1, 2);
        }
        time = (hour, minute, second);
        return minute >= 0 && second >= 0;
    }

    private static TimeSpan Zone(ref DateReader reader)
    {
        reader.SkipSpace();
        var isWest = reader.Next == '-';
        if (reader.Take('+') || reader.Take('-'))
        {
            var zone = reader.Number(4, 4);
            if (zone < 0 || zone % 100 > 59)
                return TimeSpan.Zero;
            var offset = new TimeSpan(zone / 100, zone % 100, 0);
            return isWest ? -offset : offset;
        }
        var name = reader.Word();
        return name.Length == 3 && ZoneHours.TryGetValue(Encoding.ASCII.GetString(name), out var hours)
            ? TimeSpan.FromHours(hours)
            : TimeSpan.Zero;
    }

    private static bool TryMake(
        int year, int month, int day, (int Hour, int Minute, int Second) time, TimeSpan zone, out DateTimeOffset date)
    {
        date = default;
        // RFC 5322 §3.3: year 1900 or later. 9999 would leave the calendar in western zones.
        if (year is < 1900 or > 9998 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || time.Hour > 23 || time.Minute > 59 || time.Second > 60)
            return false;
        if (zone.Duration() > TimeSpan.FromHours(14))
            zone = TimeSpan.Zero;
        // A leap second has no form of its own here.
        date = new(year, month, day, time.Hour, time.Minute, Math.Min(time.Second, 59), zone);
        return true;
    }

    private static int Month(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < Months.Length; i++)
            if (Ascii.EqualsIgnoreCase(name, Months[i]))
                return i + 1;
        return 0;
    }

    private static string FormatZone(TimeSpan offset) =>
        (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString("hhmm", CultureInfo.InvariantCulture);
}
