using Courier.IO.Platform;

namespace Courier.Accounts;

/// <summary>What stands in place of a password.</summary>
internal static class HashForm
{
    /// <summary>False for the marks of shadow(5) that no password leads past.</summary>
    internal static bool CanLogIn(string hash) => hash is [not ('*' or '!'), ..];

    internal static bool IsKnown(string hash) =>
        hash.Length is > 0 and <= AccountLimits.HashChars && (!CanLogIn(hash) || PasswordHash.IsKnown(hash));
}
