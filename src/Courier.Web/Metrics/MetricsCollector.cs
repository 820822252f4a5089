using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Courier.Web.Metrics;

/// <summary>Listens to every meter of ours from the moment it is made, and keeps the figures.</summary>
public sealed class MetricsCollector : IDisposable
{
    private const string Ours = "Courier.";

    // Where an instrument gives no advice: durations from a hundred microseconds to a minute, sizes from 256 bytes to 64 MiB, counts.
    private static readonly double[] _seconds = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];
    private static readonly double[] _bytes = [.. Enumerable.Range(4, 10).Select(power => Math.Pow(4, power))];
    private static readonly double[] _counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000];

    private readonly MetricsLimits _limits;
    private readonly ILogger _logger;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);
    private readonly Lock _scraping = new();
    private int _scrape;

    public MetricsCollector(MetricsLimits limits, ILogger<MetricsCollector> logger)
    {
        (_limits, _logger) = (limits, logger);
        _listener.InstrumentPublished = Listen;
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, state) => Measure(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, state) => Measure(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, state) => Measure(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<float>((instrument, value, tags, state) => Measure(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<short>((instrument, value, tags, state) => Measure(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<byte>((instrument, value, tags, state) => Measure(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<decimal>((instrument, value, tags, state) => Measure(instrument, (double)value, tags, state));
        _listener.Start();
    }

    /// <summary>Everything in Prometheus' text format (version 0.0.4).</summary>
    public string Scrape()
    {
        lock (_scraping)
        {
            _scrape++;
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException e)
            {
                // The others have answered; the figures of those that failed are missing from this scrape.
                Log.ObservationFailed(_logger, e);
            }

            var text = new ExpositionWriter();
            foreach (var metric in _metrics.Values.OrderBy(metric => metric.Name, StringComparer.Ordinal))
                text.Write(metric, _scrape);
            ProcessFigures.Write(text);
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Listen(Instrument instrument, MeterListener listener)
    {
        if (!instrument.Meter.Name.StartsWith(Ours, StringComparison.Ordinal) || KindOf(instrument) is not { } kind)
            return;
        var name = MetricName.Of(instrument, kind);
        var metric = _metrics.GetOrAdd(name, _ => new Metric(
            name, instrument.Description ?? instrument.Name, kind, kind == MetricKind.Histogram ? BoundsOf(instrument) : [], _limits));
        if (metric.Kind == kind)
            listener.EnableMeasurementEvents(instrument, metric);
        else
            Log.Conflict(_logger, instrument.Meter.Name, instrument.Name, name);
    }

    private void Measure(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var metric = (Metric)state!;
        var series = metric.For(tags);
        if (instrument.IsObservable)
            series.Observe(value, _scrape);
        else if (metric.Kind == MetricKind.Histogram)
            series.Record(value);
        else if (IsAbsolute(instrument))
            series.Set(value);
        else
            series.Add(value);
    }

    private static MetricKind? KindOf(Instrument instrument)
    {
        var type = instrument.GetType();
        var open = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return open == typeof(Counter<>) || open == typeof(ObservableCounter<>) ? MetricKind.Counter
            : open == typeof(Histogram<>) ? MetricKind.Histogram
            : open == typeof(UpDownCounter<>) || open == typeof(Gauge<>) || open == typeof(ObservableGauge<>) || open == typeof(ObservableUpDownCounter<>)
                ? MetricKind.Gauge
                : null;
    }

    private static bool IsAbsolute(Instrument instrument) => instrument.GetType().GetGenericTypeDefinition() == typeof(Gauge<>);

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } given } => [.. given],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } given } => [.. given],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } given } => [.. given],
        { Unit: "s" } => _seconds,
        { Unit: "By" } => _bytes,
        _ => _counts,
    };
}
