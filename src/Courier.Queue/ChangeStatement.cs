using System.Diagnostics;
using System.Globalization;

namespace Courier.Queue;

/// <summary>What an operator's change does to recipients, in the SQL that both databases speak.</summary>
/// <param name="Set">What is set.</param>
/// <param name="Which">Of which recipients.</param>
/// <param name="Value">The text of the change, to be bound.</param>
internal readonly record struct ChangeStatement(string Set, string Which, string? Value)
{
    /// <param name="change">What the operator wants.</param>
    /// <param name="now">The parameter that is the time.</param>
    /// <param name="text">The parameter that is <see cref="Value"/>.</param>
    /// <param name="isReleasedLater">A query with a row where the sender wants the recipient's message sent after now.</param>
    internal static ChangeStatement Of(QueueChange change, string now, string text, string isReleasedLater)
    {
        var notHeld = $"next_attempt <> {SpoolColumns.HeldByOperator}";
        const string notStaged = "staged IS NULL";
        return change switch
        {
            // What the sender wants sent later stays until then.
            QueueChange.Retry retry => new($"next_attempt = {now}", $"next_attempt > {now} AND {notHeld}{Beyond(retry)} AND NOT EXISTS({isReleasedLater})", null),
            QueueChange.Hold => new($"next_attempt = {SpoolColumns.HeldByOperator}", $"{notHeld} AND {notStaged}", null),
            QueueChange.Release => new($"next_attempt = {now}", $"next_attempt = {SpoolColumns.HeldByOperator}", null),
            QueueChange.Reroute reroute => new($"next_hop = {text}, next_attempt = CASE WHEN {notHeld} THEN {now} ELSE next_attempt END", notStaged, reroute.NextHop),
            QueueChange.Cancel cancel => new($"cancelled = {text}, next_attempt = {now}", notStaged, cancel.Reason),
            _ => throw new UnreachableException(change.ToString()),
        };
    }

    /// <summary>What waits for a route has no time.</summary>
    private static string Beyond(QueueChange.Retry retry) => retry.Beyond is { } time
        ? string.Create(CultureInfo.InvariantCulture, $" AND attempts > 0 AND next_attempt > {SpoolColumns.ToColumn(time)} AND next_attempt < {SpoolColumns.HeldByOperator}")
        : "";
}
