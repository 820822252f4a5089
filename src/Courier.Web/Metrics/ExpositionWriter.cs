using System.Globalization;
using System.Text;

namespace Courier.Web.Metrics;

/// <summary>Prometheus' text format, version 0.0.4: for each metric HELP, TYPE and its samples, every line ended by LF.</summary>
internal sealed class ExpositionWriter
{
    private readonly StringBuilder _text = new();

    internal void Write(Metric metric, int scrape)
    {
        var isFirst = true;
        foreach (var series in metric.All)
        {
            if (series.IsStale(scrape))
                continue;
            if (isFirst)
                Begin(metric.Name, metric.Help, metric.Kind);
            isFirst = false;
            if (metric.Kind == MetricKind.Histogram)
                Distribution(metric, series);
            else
                Sample(metric.Name, series.Labels, series.Value);
        }
    }

    internal void Begin(string name, string help, MetricKind kind)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(MetricName.Help(help)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Gauge => "gauge",
            _ => "histogram",
        }).Append('\n');
    }

    internal void Sample(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0)
            _text.Append('{').Append(labels).Append('}');
        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    public override string ToString() => _text.ToString();

    /// <summary>Buckets are cumulative, and the last one holds everything.</summary>
    private void Distribution(Metric metric, Series series)
    {
        var (buckets, count, sum) = series.Distribution();
        var before = series.Labels.Length == 0 ? "" : series.Labels + ",";
        var upTo = 0L;
        for (var i = 0; i < metric.Bounds.Length; i++)
        {
            upTo += buckets[i];
            Sample(metric.Name + "_bucket", $"{before}le=\"{Number(metric.Bounds[i])}\"", upTo);
        }

        Sample(metric.Name + "_bucket", before + "le=\"+Inf\"", count);
        Sample(metric.Name + "_sum", series.Labels, sum);
        Sample(metric.Name + "_count", series.Labels, count);
    }

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);
}
