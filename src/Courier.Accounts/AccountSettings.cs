namespace Courier.Accounts;

/// <summary>What the account directory may cost, and what it fills in.</summary>
public sealed record AccountSettings
{
    /// <summary>A login or recipient without a domain belongs to it; null: such names are unknown.</summary>
    public string? DefaultDomain { get; init; }

    /// <summary>How soon a change made by another process is seen. The file's version is looked at no more often.</summary>
    /// <remarks>An administrator who has just added an account expects it to work; a quarter of a second is at once for people,
    /// and costs four looks of a few microseconds each.</remarks>
    public TimeSpan ChangesSeenWithin { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Accounts kept in memory; past that the cache starts over.</summary>
    /// <remarks>Some 400 bytes each: 20 MB at most.</remarks>
    public int CachedAccountsMax { get; init; } = 50_000;

    /// <summary>Password checks that run at once.</summary>
    /// <remarks>A check is nothing but CPU: more than there are cores would only take turns.</remarks>
    public int VerificationsAtOnce { get; init; } = Environment.ProcessorCount;

    /// <summary>Password checks that may wait for their turn; further logins are told to come back.</summary>
    /// <remarks>At 20 ms a check on two cores the last of a thousand has waited 10 s: longer than most clients do.</remarks>
    public int VerificationsWaitingMax { get; init; } = 1_000;
}
