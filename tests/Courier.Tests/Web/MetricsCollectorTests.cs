using System.Diagnostics.Metrics;
using Courier.Web.Metrics;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;

namespace Courier.Tests.Web;

public sealed class MetricsCollectorTests : IDisposable
{
    // Meters are known to the whole process: a name of its own keeps tests that run beside it apart.
    private static int _tests;
    private readonly string _prefix = $"t{Interlocked.Increment(ref _tests)}x";
    private readonly Meter _meter = new("Courier.Tests");
    private readonly MetricsCollector _collector = new(new MetricsLimits { SeriesPerMetric = 5, LabelChars = 20 }, NullLogger<MetricsCollector>.Instance);

    public void Dispose()
    {
        _meter.Dispose();
        _collector.Dispose();
    }

    [Fact]
    public void A_counter_counts_by_label()
    {
        var counter = _meter.CreateCounter<long>($"{_prefix}.messages.accepted", "{message}", "Messages\nkept \\ \"so\"");
        counter.Add(2);
        counter.Add(3, Tag("role", "relay"));
        counter.Add(4, Tag("role", "relay"));
        counter.Add(5, Tag("role", "lmtp"));
        var family = Scrape($"{_prefix}_messages_accepted_total");
        Assert.Equal("counter", family.Type);
        Assert.Equal("Messages\\nkept \\\\ \"so\"", family.Help);
        Assert.Equal([2, 5, 7], family.Samples.Select(sample => sample.Value));
        Assert.Equal(["", "lmtp", "relay"], family.Samples.Select(sample => sample.Labels.GetValueOrDefault("role", "")));
    }

    [Fact]
    public void Gauges_of_all_kinds_show_what_is_now()
    {
        var open = _meter.CreateUpDownCounter<int>($"{_prefix}.open");
        open.Add(5);
        open.Add(-2);
        var level = _meter.CreateGauge<double>($"{_prefix}.level", "1");
        level.Record(1.5);
        level.Record(0.25);
        var queue = 7L;
        _meter.CreateObservableGauge($"{_prefix}.queue", () => queue);
        _meter.CreateObservableUpDownCounter($"{_prefix}.sum", () => queue, "By");
        Assert.Equal(3, Value($"{_prefix}_open"));
        Assert.Equal(0.25, Value($"{_prefix}_level"));
        Assert.Equal(7, Value($"{_prefix}_queue"));
        queue = 9;
        Assert.Equal(9, Value($"{_prefix}_queue"));
        Assert.Equal(9, Value($"{_prefix}_sum_bytes"));
        Assert.Equal("gauge", Scrape($"{_prefix}_sum_bytes").Type);
    }

    [Fact]
    public void An_observed_counter_is_as_it_was_told_and_labels_that_are_gone_are_gone()
    {
        var labels = new List<string> { "a", "b" };
        _meter.CreateObservableCounter($"{_prefix}.seen", () => labels.Select(label => new Measurement<long>(label[0], Tag("of", label))));
        Assert.Equal(['a', 'b'], Scrape($"{_prefix}_seen_total").Samples.Select(sample => sample.Value));
        labels.Remove("a");
        Assert.Equal(['b'], Scrape($"{_prefix}_seen_total").Samples.Select(sample => sample.Value));
        labels.Clear();
        Assert.False(Exposition.Read(_collector.Scrape()).ContainsKey($"{_prefix}_seen_total"));
    }

    [Fact]
    public void A_histogram_has_inclusive_cumulative_buckets()
    {
        var histogram = _meter.CreateHistogram($"{_prefix}.duration", "s", "How long",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 10] });
        foreach (var value in new[] { 0.05, 0.1, 0.5, 10, 11 })
            histogram.Record(value, Tag("kind", "x"));
        var family = Scrape($"{_prefix}_duration_seconds");
        Assert.Equal([2, 3, 4, 5], family.Samples.Where(sample => sample.Name.EndsWith("_bucket", StringComparison.Ordinal)).Select(sample => sample.Value));
        Assert.Equal(["0.1", "1", "10", "+Inf"], family.Samples.Take(4).Select(sample => sample.Labels["le"]));
        Assert.All(family.Samples, sample => Assert.Equal("x", sample.Labels["kind"]));
        Assert.Equal(21.65, family.Samples.Single(sample => sample.Name.EndsWith("_sum", StringComparison.Ordinal)).Value, 6);
    }

    [Theory]
    [InlineData("s", "_seconds")]
    [InlineData("By", "_bytes")]
    [InlineData("{thing}", "")]
    [InlineData(null, "")]
    public void A_histogram_without_advice_has_buckets_for_its_unit(string? unit, string suffix)
    {
        _meter.CreateHistogram<long>($"{_prefix}.size", unit).Record(300);
        Assert.InRange(Scrape($"{_prefix}_size{suffix}").Samples.Count, 10, 20);
    }

    [Theory]
    [InlineData("a-b.c/d", null, "_a_b_c_d_total")]
    [InlineData("size.bytes", "By", "_size_bytes_total")]
    [InlineData("done.total", null, "_done_total")]
    [InlineData("time.seconds", "s", "_time_seconds_total")]
    public void Names_are_made_of_letters_and_end_with_unit_and_kind_once(string name, string? unit, string expected)
    {
        _meter.CreateCounter<long>($"{_prefix}.{name}", unit).Add(1);
        Assert.Equal(1, Value(_prefix + expected));
    }

    [Fact]
    public void Labels_are_named_and_escaped_rightly()
    {
        var counter = _meter.CreateCounter<long>($"{_prefix}.labelled");
        counter.Add(1, Tag("http.code", 200), Tag("le", "x"), Tag("9", "a\\b\"c\nd"), Tag("null", null));
        var labels = Scrape($"{_prefix}_labelled_total").Samples.Single().Labels;
        Assert.Equal(["_9", "http_code", "le_", "null"], labels.Keys);
        Assert.Equal(["a\\b\"c\nd", "200", "x", ""], labels.Values);
    }

    [Fact]
    public void Labels_that_become_one_name_count_once()
    {
        _meter.CreateCounter<long>($"{_prefix}.twice").Add(1, Tag("a.b", 1), Tag("a_b", 2));
        Assert.Equal("1", Scrape($"{_prefix}_twice_total").Samples.Single().Labels["a_b"]);
    }

    [Fact]
    public void Too_many_labels_are_added_up_without_labels()
    {
        var counter = _meter.CreateCounter<long>($"{_prefix}.many");
        for (var i = 0; i < 100; i++)
            counter.Add(1, Tag("peer", i));
        for (var i = 0; i < 100; i++)
            counter.Add(1, Tag("peer", i), Tag("other", i));
        var samples = Scrape($"{_prefix}_many_total").Samples;
        Assert.Equal(6, samples.Count);
        Assert.Equal(200, samples.Sum(sample => sample.Value));
        Assert.Empty(samples[0].Labels);
    }

    [Fact]
    public void Long_label_values_are_cut_off()
    {
        var counter = _meter.CreateCounter<long>($"{_prefix}.long");
        counter.Add(1, Tag("x", new string('a', 21)));
        counter.Add(1, Tag("x", new string('a', 22)));
        var sample = Assert.Single(Scrape($"{_prefix}_long_total").Samples);
        Assert.Equal(new string('a', 20), sample.Labels["x"]);
        Assert.Equal(2, sample.Value);
    }

    [Fact]
    public void Instruments_of_one_name_in_two_meters_add_up()
    {
        using var other = new Meter("Courier.Tests");
        _meter.CreateCounter<long>($"{_prefix}.shared").Add(1);
        other.CreateCounter<long>($"{_prefix}.shared").Add(2);
        _meter.CreateObservableGauge($"{_prefix}.level", () => 3);
        other.CreateObservableGauge($"{_prefix}.level", () => 4);
        Assert.Equal(3, Value($"{_prefix}_shared_total"));
        Assert.Equal(7, Value($"{_prefix}_level"));
    }

    [Fact]
    public void One_name_with_two_types_keeps_the_first()
    {
        _meter.CreateUpDownCounter<long>($"{_prefix}.thing").Add(1);
        _meter.CreateHistogram<long>($"{_prefix}.thing").Record(5);
        Assert.Equal("gauge", Scrape($"{_prefix}_thing").Type);
        Assert.Equal(1, Value($"{_prefix}_thing"));
    }

    [Fact]
    public void Meters_of_others_are_not_shown()
    {
        using var other = new Meter("System.Tests");
        other.CreateCounter<long>($"{_prefix}.foreign").Add(1);
        Assert.DoesNotContain($"{_prefix}_foreign", _collector.Scrape(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_instrument_that_fails_does_not_hide_the_others()
    {
        _meter.CreateObservableGauge($"{_prefix}.broken", int () => throw new IOException("no"));
        _meter.CreateObservableGauge($"{_prefix}.whole", () => 1);
        Assert.Equal(1, Value($"{_prefix}_whole"));
    }

    [Theory]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(1e300, 1e300)]
    [InlineData(-0.1, -0.1)]
    public void Every_number_can_be_written(double value, double expected)
    {
        _meter.CreateGauge<double>($"{_prefix}.number").Record(value);
        Assert.Equal(expected, Value($"{_prefix}_number"));
    }

    [Fact]
    public void The_process_tells_of_itself()
    {
        var families = Exposition.Read(_collector.Scrape());
        foreach (var name in new[] { "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "process_threads", "dotnet_gc_heap_bytes" })
            Assert.True(families[name].Samples.Single().Value > 0, name);
        Assert.Equal(3, families["dotnet_gc_collections_total"].Samples.Count);
        Assert.InRange(families["process_start_time_seconds"].Samples.Single().Value, 1.7e9, 1e11);
    }

    [Fact]
    public void Threads_that_count_at_once_lose_nothing()
    {
        var counter = _meter.CreateCounter<long>($"{_prefix}.parallel");
        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < 10_000; i++)
                counter.Add(1, Tag("thread", thread % 3));
        });
        Assert.Equal(80_000, Scrape($"{_prefix}_parallel_total").Samples.Sum(sample => sample.Value));
    }

    [Fact]
    public void Whatever_names_and_values_are_given_the_text_can_be_read()
    {
        var counters = 0;
        Prop.ForAll<NonNull<string>, string>((name, value) =>
        {
            using var meter = new Meter("Courier.Tests");
            using var collector = new MetricsCollector(new MetricsLimits(), NullLogger<MetricsCollector>.Instance);
            meter.CreateCounter<long>($"{_prefix}.p{Interlocked.Increment(ref counters)}{name.Get}", value, value).Add(1, Tag(name.Get, value));
            var families = Exposition.Read(collector.Scrape());
            return families.Keys.Any(key => key.StartsWith($"{_prefix}_p{counters}", StringComparison.Ordinal));
        }).QuickCheckThrowOnFailure();
    }

    private static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);

    private Family Scrape(string name) => Exposition.Read(_collector.Scrape())[name];

    private double Value(string name) => Assert.Single(Scrape(name).Samples).Value;
}
