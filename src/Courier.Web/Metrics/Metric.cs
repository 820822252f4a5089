using System.Collections.Concurrent;
using System.Text;

namespace Courier.Web.Metrics;

internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>One metric and its series. Instruments of the same name and kind, as two servers in one process have, add up in it.</summary>
internal sealed class Metric(string name, string help, MetricKind kind, double[] bounds, MetricsLimits limits)
{
    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);
    // Most measurements carry one tag with a constant: found here without making its text.
    private readonly ConcurrentDictionary<(string, object?), Series> _byTag = new();
    private readonly Lazy<Series> _plain = new(() => new Series("", bounds));
    private int _count;

    internal string Name { get; } = name;

    internal string Help { get; } = help;

    internal MetricKind Kind { get; } = kind;

    internal double[] Bounds { get; } = bounds;

    /// <summary>In the order of their labels.</summary>
    internal IEnumerable<Series> All => (_plain.IsValueCreated ? [_plain.Value] : Enumerable.Empty<Series>())
        .Concat(_series.Values.OrderBy(series => series.Labels, StringComparer.Ordinal));

    internal Series For(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return _plain.Value;
        if (tags.Length > 1)
            return ForLabels(tags);
        var key = (tags[0].Key, tags[0].Value);
        if (_byTag.TryGetValue(key, out var known))
            return known;
        var series = ForLabels(tags);
        // Values that came too late, or differ only where they are cut off, must not pile up here.
        if (_byTag.Count < limits.SeriesPerMetric)
            _byTag[key] = series;
        return series;
    }

    private Series ForLabels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = Text(tags);
        if (_series.TryGetValue(labels, out var series))
            return series;
        if (Interlocked.Increment(ref _count) > limits.SeriesPerMetric)
        {
            Interlocked.Decrement(ref _count);
            return _plain.Value;
        }

        return _series.GetOrAdd(labels, static (text, bounds) => new Series(text, bounds), Bounds);
    }

    /// <summary><c>a="1",b="2"</c>, in the order of the names; a name that comes twice counts once.</summary>
    private string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
            labels.TryAdd(MetricName.Label(key), Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "");
        var text = new StringBuilder();
        foreach (var (label, value) in labels)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(label).Append("=\"");
            text.AppendLabelValue(value.Length <= limits.LabelChars ? value : value[..limits.LabelChars]).Append('"');
        }

        return text.ToString();
    }
}

/// <summary>The figures of one combination of labels.</summary>
internal sealed class Series(string labels, double[] bounds)
{
    private readonly Lock _gate = new();
    private readonly long[] _buckets = bounds.Length == 0 ? [] : new long[bounds.Length + 1];
    private double _value;
    private long _count;
    private int _scrape = -1;

    internal string Labels { get; } = labels;

    internal void Add(double value)
    {
        lock (_gate)
            _value += value;
    }

    internal void Set(double value)
    {
        lock (_gate)
            _value = value;
    }

    /// <summary>A figure that is asked for at each scrape: several instruments that answer for the same labels add up.</summary>
    internal void Observe(double value, int scrape)
    {
        lock (_gate)
            (_value, _scrape) = (_scrape == scrape ? _value + value : value, scrape);
    }

    /// <summary>Whether the figure was asked for in another scrape and not answered in this one.</summary>
    internal bool IsStale(int scrape) => _scrape >= 0 && _scrape != scrape;

    internal void Record(double value)
    {
        // The first bound that is not less than the value: bounds are inclusive.
        var at = Array.BinarySearch(bounds, value);
        lock (_gate)
        {
            _buckets[at < 0 ? ~at : at]++;
            _count++;
            _value += value;
        }
    }

    internal double Value
    {
        get
        {
            lock (_gate)
                return _value;
        }
    }

    internal (long[] Buckets, long Count, double Sum) Distribution()
    {
        lock (_gate)
            return ([.. _buckets], _count, _value);
    }
}
