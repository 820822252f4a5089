using System.Globalization;

namespace Courier.Queue;

/// <summary>Identity of one message in the queue and in the log; grows with time and is never given twice.</summary>
public readonly record struct QueueId(long Value) : IComparable<QueueId>
{
    public int CompareTo(QueueId other) => Value.CompareTo(other.Value);

    /// <summary>Upper-case hexadecimal: safe in file names, headers and replies.</summary>
    public override string ToString() => Value.ToString("X", CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out QueueId id)
    {
        var valid = long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && value > 0;
        id = new QueueId(valid ? value : 0);
        return valid;
    }

    public static bool operator <(QueueId left, QueueId right) => left.Value < right.Value;

    public static bool operator >(QueueId left, QueueId right) => left.Value > right.Value;

    public static bool operator <=(QueueId left, QueueId right) => left.Value <= right.Value;

    public static bool operator >=(QueueId left, QueueId right) => left.Value >= right.Value;
}
