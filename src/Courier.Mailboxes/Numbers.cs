using System.Globalization;

namespace Courier.Mailboxes;

/// <summary>Unique identifier of a message in its mailbox (RFC 3501 §2.3.1.1); never 0.</summary>
public readonly record struct Uid(uint Value) : IComparable<Uid>
{
    public int CompareTo(Uid other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(Uid left, Uid right) => left.Value < right.Value;

    public static bool operator >(Uid left, Uid right) => left.Value > right.Value;

    public static bool operator <=(Uid left, Uid right) => left.Value <= right.Value;

    public static bool operator >=(Uid left, Uid right) => left.Value >= right.Value;
}

/// <summary>Changes when UIDs of a mailbox start over (RFC 3501 §2.3.1.1).</summary>
public readonly record struct UidValidity(uint Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Grows with every change of a mailbox (RFC 7162 §3.1).</summary>
public readonly record struct ModSeq(long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
