namespace Courier.Web.Metrics;

/// <summary>What the collected figures may cost.</summary>
public sealed record MetricsLimits
{
    /// <summary>Combinations of labels that one metric may have; further ones are added up in one without labels.</summary>
    /// <remarks>A label whose values strangers choose must not fill the memory. Ours have a handful; a hundred destinations is much.</remarks>
    public int SeriesPerMetric { get; init; } = 1_000;

    /// <summary>Characters of a label's value; the rest is cut off.</summary>
    public int LabelChars { get; init; } = 200;

    /// <summary>How long a scrape may take to be written to a slow reader.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(1);
}
