using System.Globalization;

namespace Courier.Mta.Reception.Rates;

/// <summary>So many in a time: <c>100/h</c>.</summary>
/// <param name="Count">As many may come at once.</param>
/// <param name="Per">And as many in every such time.</param>
public sealed record Rate(int Count, TimeSpan Per)
{
    /// <summary>Reads <c>100/h</c>, <c>20/min</c>, <c>1000/d</c>, <c>5/s</c> or <c>30/10min</c>.</summary>
    public static Rate? Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !int.TryParse(text.AsSpan(0, slash).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0)
            return null;
        var time = text.AsSpan(slash + 1).Trim();
        var digits = time.IndexOfAnyExceptInRange('0', '9');
        if (digits < 0 || (digits > 0 && !ushort.TryParse(time[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out _)))
            return null;
        TimeSpan? unit = time[digits..] switch
        {
            "s" => TimeSpan.FromSeconds(1),
            "min" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            "d" => TimeSpan.FromDays(1),
            _ => null,
        };
        var times = digits == 0 ? 1 : ushort.Parse(time[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
        return unit is { } one && times > 0 ? new Rate(count, one * times) : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count} in {Per}");
}
