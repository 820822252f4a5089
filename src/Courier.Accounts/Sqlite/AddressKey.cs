using System.Diagnostics.CodeAnalysis;
using Courier.Mail.Addresses;

namespace Courier.Accounts.Sqlite;

/// <summary>Compares addresses as <see cref="MailAddress.Key"/> does, without making the string.</summary>
internal sealed class AddressKey : IEqualityComparer<MailAddress>
{
    internal static AddressKey Comparer { get; } = new();

    // Domains are in lower case already.
    public bool Equals(MailAddress? x, MailAddress? y) =>
        ReferenceEquals(x, y)
        || (x is not null && y is not null
            && string.Equals(x.Domain, y.Domain, StringComparison.Ordinal)
            && string.Equals(x.LocalPart, y.LocalPart, StringComparison.OrdinalIgnoreCase));

    public int GetHashCode([DisallowNull] MailAddress obj) =>
        HashCode.Combine(obj.LocalPart.GetHashCode(StringComparison.OrdinalIgnoreCase), obj.Domain.GetHashCode(StringComparison.Ordinal));
}
