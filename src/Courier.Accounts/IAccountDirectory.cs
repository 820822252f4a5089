using Courier.Mail.Addresses;

namespace Courier.Accounts;

/// <summary>Who exists. Every source of accounts (SQLite today) answers these questions. When it cannot answer it throws
/// <see cref="IOException"/>: the caller's refusal is then temporary, never "no such user".</summary>
public interface IAccountDirectory
{
    /// <summary>Whether mail for the domain is delivered here.</summary>
    ValueTask<bool> IsLocalDomainAsync(string domain, CancellationToken ct);

    /// <summary>The account that mail for the address goes to; null where there is none.</summary>
    ValueTask<Account?> FindAsync(MailAddress address, CancellationToken ct);

    /// <summary>The account of that name if the password is right. A name without a domain belongs to the default domain.
    /// Unknown names cost the same time as wrong passwords.</summary>
    ValueTask<Account?> AuthenticateAsync(string user, string password, CancellationToken ct);
}
