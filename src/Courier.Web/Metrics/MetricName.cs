using System.Diagnostics.Metrics;
using System.Text;

namespace Courier.Web.Metrics;

/// <summary>Prometheus names for instruments of System.Diagnostics.Metrics, as OpenTelemetry's compatibility rules have them:
/// dots become underscores, the unit and <c>_total</c> are part of the name.</summary>
internal static class MetricName
{
    internal static string Of(Instrument instrument, MetricKind kind)
    {
        var name = Letters(instrument.Name, allowsColon: true);
        var unit = instrument.Unit switch
        {
            null or "" or "1" => "",
            "s" => "seconds",
            "ms" => "milliseconds",
            "By" => "bytes",
            "%" => "percent",
            ['{', ..] => "",        // UCUM annotations say what is counted, not in what unit
            var other => Letters(other, allowsColon: false),
        };
        if (kind == MetricKind.Counter)
            name = WithoutSuffix(name, "total");
        if (unit.Length > 0)
            name = $"{WithoutSuffix(name, unit)}_{unit}";
        return kind == MetricKind.Counter ? $"{name}_total" : name;
    }

    /// <summary>Label names have no colon, and <c>le</c> is the histogram's own.</summary>
    internal static string Label(string name) => Letters(name, allowsColon: false) is var label && label == "le" ? "le_" : label;

    /// <summary>Backslash, quote and line feed are escaped in label values.</summary>
    internal static StringBuilder AppendLabelValue(this StringBuilder text, string value)
    {
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => text.Append(@"\\"),
                '"' => text.Append("\\\""),
                '\n' => text.Append(@"\n"),
                // Allowed, but more than one reader takes it for a line's end.
                '\r' => text.Append(' '),
                _ => text.Append(c),
            };
        }

        return text;
    }

    /// <summary>In help texts quotes stay as they are.</summary>
    internal static string Help(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal).Replace('\r', ' ');

    private static string WithoutSuffix(string name, string suffix) =>
        name.EndsWith("_" + suffix, StringComparison.Ordinal) ? name[..^(suffix.Length + 1)] : name;

    private static string Letters(string name, bool allowsColon)
    {
        var letters = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || (c == ':' && allowsColon) ? c : '_'));
        return letters is "" or [>= '0' and <= '9', ..] ? "_" + letters : letters;
    }
}
