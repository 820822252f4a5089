using System.Collections.Immutable;
using System.Text;
using Courier.IO.Platform;

namespace Courier.Accounts;

public enum AddDomainOutcome
{
    Added,
    AlreadyExists,

    /// <summary>Not a domain name or address literal (RFC 5321 §4.1.2).</summary>
    NotADomain,
}

public enum AddAccountOutcome
{
    Added,
    AlreadyExists,
    NoSuchDomain,

    /// <summary>Not an absolute path, or the template would lead out of its place for this name.</summary>
    UnsafeMaildir,

    /// <summary>crypt(3) of this system does not know the hash.</summary>
    UnknownHash,
}

public enum RemoveOutcome
{
    Removed,
    NotFound,

    /// <summary>A domain that still has accounts.</summary>
    InUse,
}

public enum SetPasswordOutcome
{
    Changed,
    NoSuchAccount,
    UnknownHash,
}

/// <summary>One line of an import that cannot be taken.</summary>
public sealed record ImportProblem(int Line, string Problem);

/// <summary>What an import did: everything when <see cref="Problems"/> is empty, else nothing.</summary>
/// <param name="Added">Accounts added.</param>
/// <param name="Problems">In the order of the lines; at most <see cref="AccountLimits.ImportProblemsShown"/>.</param>
/// <param name="ProblemCount">All of them.</param>
public sealed record ImportOutcome(int Added, ImmutableArray<ImportProblem> Problems, int ProblemCount);

/// <summary>What an account's password is set to.</summary>
public sealed class NewPassword
{
    private NewPassword(string hash) => Hash = hash;

    /// <summary>As stored: any form that crypt(3) knows, or one beginning with <c>*</c> or <c>!</c>, which nobody can log in with.</summary>
    internal string Hash { get; }

    /// <summary>Hashed now, with yescrypt; throws <see cref="ArgumentException"/> for one that no client could send.</summary>
    public static NewPassword Of(string password)
    {
        // RFC 4616 §2 and RFC 3501 §9 have no way to say NUL; crypt(3) would end there.
        if (!IsUsable(password))
            throw new ArgumentException($"A password has 1 to {AccountLimits.PasswordBytes} octets and no NUL.", nameof(password));
        return new(PasswordHash.Create(password));
    }

    /// <summary>A hash made elsewhere.</summary>
    public static NewPassword OfHash(string hash) => new(hash);

    /// <summary>Nobody can log in.</summary>
    public static NewPassword None { get; } = new("*");

    public override string ToString() => "(secret)";

    internal static bool IsUsable(string password) =>
        password.Length > 0 && Encoding.UTF8.GetByteCount(password) <= AccountLimits.PasswordBytes && !password.Contains('\0', StringComparison.Ordinal);
}

/// <summary>Sizes of what is stored and read.</summary>
public static class AccountLimits
{
    /// <summary>CRYPT_MAX_PASSPHRASE_SIZE of libxcrypt is 512 octets, its NUL included.</summary>
    public const int PasswordBytes = 511;

    /// <summary>CRYPT_OUTPUT_SIZE of libxcrypt is 384, its NUL included.</summary>
    public const int HashChars = 383;

    /// <summary>PATH_MAX of Linux, less room for what lies in a Maildir: folder, cur/ and a name of 255.</summary>
    public const int MaildirChars = 3_500;

    /// <summary>An administrator reads the first hundred and then looks at the file.</summary>
    public const int ImportProblemsShown = 100;

    /// <summary>Hashes that unknown names are checked against: enough to stand for the mixture of a directory.</summary>
    public const int DummyHashes = 64;
}
