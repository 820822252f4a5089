namespace Courier.Mta.Reception.Greylisting;

/// <summary>How long strangers are put off, and what is remembered of them (RFC 6647).</summary>
/// <param name="File">Where it is kept over a restart.</param>
public sealed record GreylistSettings(string File)
{
    /// <summary>How long the first message of a network, sender and recipient that were not seen together before is put off.</summary>
    /// <remarks>RFC 6647 §5 finds a minute to an hour useful; every mail server tries again within an hour.</remarks>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Within this time it must be tried again.</summary>
    /// <remarks>RFC 6647 §5: at least a day; some servers wait long over a weekend.</remarks>
    public TimeSpan RetryWithin { get; init; } = TimeSpan.FromDays(2);

    /// <summary>For how long after the last message those who passed are remembered.</summary>
    /// <remarks>A newsletter that comes each month passes.</remarks>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(36);

    /// <summary>A network that passed so often is not put off any more.</summary>
    public int AllowAfter { get; init; } = 5;

    /// <summary>How much is remembered.</summary>
    /// <remarks>Some 10 MB of memory and of disk.</remarks>
    public int EntriesMax { get; init; } = 200_000;

    /// <summary>How often what is new goes to the file.</summary>
    /// <remarks>What a crash takes costs a stranger a second wait.</remarks>
    public TimeSpan SaveInterval { get; init; } = TimeSpan.FromSeconds(10);
}
